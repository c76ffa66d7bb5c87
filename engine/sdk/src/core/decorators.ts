/* Decorators only mark declarations: their options are read from the source when the module is built. */

type Class = new (...args: never[]) => unknown

/** Classes marked with @object(), by name: how a class that is not exported is found. */
export const registered = new Map<string, Class>()

export const object =
  () =>
  <T extends Class>(target: T): T => {
    registered.set(target.name, target)
    return target
  }

export const enumType =
  () =>
  <T extends Class>(target: T): T =>
    target

export const func = (_options?: unknown) => (): void => {}
export const check = () => (): void => {}
export const field = (_alias?: string) => (): void => {}
export const argument = (_options?: unknown) => (): void => {}
