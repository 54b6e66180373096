// The locks in requirements/: versions of Python packages with the hashes of their files.
// `npm run lock` writes them.

/** By what they are for; each is complete. */
export const LOCKS = {
  dev: "requirements/dev.txt",
  train: "requirements/train.txt",
  shipped: "requirements/shipped.txt",
};

/** PyTorch's version, without a hash. */
export const TORCH = "requirements/torch.txt";

/** The entries of a lock's text: each begins with a requirement, and its hashes are indented. */
export function entriesIn(text) {
  return text.split(/^(?=[a-z])/im).filter((entry) => /^[a-z]/i.test(entry));
}
