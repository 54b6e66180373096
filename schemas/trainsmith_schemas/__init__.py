"""The one model of everything that crosses a boundary in Trainsmith."""
