/** A model file for runs that take a second or two. */
export const MODEL = `transformer_config:
  model_type: gpt2
  embedding_dim: 32
  num_blocks: 1
  num_heads: 2
  max_sequence_length: 32
`;
