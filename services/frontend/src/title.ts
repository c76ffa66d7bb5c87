import { toValue, watchEffect, type MaybeRefOrGetter } from "vue"

/** Keeps the document's title at what a view is about. */
export function useTitle(title: MaybeRefOrGetter<string>): void {
  watchEffect(() => {
    document.title = `${toValue(title)} · Menu planner`
  })
}
