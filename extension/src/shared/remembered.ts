/**
 * Returns a function that calls `load` once and shares its result between all callers. A failed
 * call is not remembered, so the next caller tries again.
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
