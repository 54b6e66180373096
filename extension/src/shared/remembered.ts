/**
 * The result of `load`, which is called once: everyone waits for the same call. A call that failed
 * is not remembered, so the next one tries again.
 */
export function remembered<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    if (loading) return loading;
    const started = load();
    loading = started;
    started.catch(() => {
      if (loading === started) loading = undefined;
    });
    return started;
  };
}
