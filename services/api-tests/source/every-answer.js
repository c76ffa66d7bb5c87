// Runs after each request, before its own checks: what holds for every answer of a service.
pm.test("answered within 5 s", () => pm.expect(pm.response.responseTime).to.be.below(5000))
// A service that is down does not answer itself.
if (!pm.info.requestName.startsWith("Precondition")) {
  pm.test("the answer has a request id", () =>
    pm.expect(pm.response.headers.get("X-Request-Id")).to.match(/^[A-Za-z0-9._-]{1,64}$/),
  )
  pm.test("no browser guesses its type", () => pm.response.to.have.header("X-Content-Type-Options", "nosniff"))
  const error = pm.response.code >= 400
  pm.test(error ? "the error is a problem (RFC 9457)" : "the answer is JSON", () => {
    pm.expect(pm.response.headers.get("Content-Type")).to.match(
      error ? /^application\/problem\+json\b/ : /^application\/json\b/,
    )
    if (error) checks(pm).isProblem()
  })
}
