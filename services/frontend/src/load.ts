import { onUnmounted, ref, shallowRef } from "vue"

/** The words of an error for a person, as the end of a sentence without its full stop. */
export function words(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, "")
}

/** Something that a view loads, again and again if need be: the last call counts, and the request ends with the view. */
export function useLoad<T>(ask: (signal: AbortSignal) => Promise<T>) {
  /** What was loaded last; it stays while something newer is loaded. */
  const value = shallowRef<T | null>(null)
  const loading = ref(false)
  /** Why the last load failed; "" when it did not. */
  const failure = ref("")
  let current: AbortController | undefined

  /** Never throws. */
  async function load(): Promise<void> {
    current?.abort()
    const mine = new AbortController()
    current = mine
    loading.value = true
    failure.value = ""
    try {
      const loaded = await ask(mine.signal)
      if (mine === current) value.value = loaded
    } catch (error) {
      if (mine === current) failure.value = words(error)
    } finally {
      if (mine === current) loading.value = false
    }
  }

  onUnmounted(() => {
    current?.abort()
    current = undefined
  })
  return { value, loading, failure, load }
}
