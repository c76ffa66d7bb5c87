// The login of a registry, renewed when it ends: ECR's lives for twelve hours, and a call may begin late in them.

/** A login that can be had again. */
export interface Login<Password> {
  password?: Password
  /** Asks for a new password; not set if the caller has given the only one. */
  renew?: () => Password
}

/** What registries, crane and helm say of a login that is refused or has ended. */
const refusal = /\b40[13]\b|UNAUTHORIZED|DENIED|rejects the user or password|login has expired/i

/**
 * Runs a call that uses `login.password`. If the registry refuses the login, and a new one can be had, the call runs
 * once more with that; `isRefused` finds the refusal in an answer that is no error.
 */
export async function loggedIn<Answer, Password>(
  login: Login<Password>,
  call: () => Promise<Answer>,
  isRefused: (answer: Answer) => boolean | Promise<boolean> = () => false,
): Promise<Answer> {
  try {
    const answer = await call()
    if (!login.renew || !(await isRefused(answer))) return answer
  } catch (error) {
    if (!login.renew || !refusal.test(error instanceof Error ? error.message : String(error))) throw error
  }
  login.password = login.renew()
  return call()
}
