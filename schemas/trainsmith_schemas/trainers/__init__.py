"""The trainers that a document may be written for, and what each of them reads."""
