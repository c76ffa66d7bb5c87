// What people say about a version of the product.
import { feedback, folder, get, ifMatch, nobody, post, put, restaurant, withKey } from "./requests.mjs"

export default folder(
  "feedback",
  folder(
    "feedback",
    post(
      "Say something",
      `${restaurant}/feedback`,
      feedback(),
      `
      const { id } = api.made("feedback", "/feedback/", { tagged: true })
      api.holds({ text: "The soup is cold " + api.kept("run"), severity: "major", status: "open", version: "api-" + api.kept("run") })
      api.keep({ feedbackId: id })`,
      withKey("feedback-{{run}}"),
    ),
    post(
      "The same with the same key",
      `${restaurant}/feedback`,
      feedback(),
      `
      api.made("feedback", "/feedback/", { tagged: true })
      api.holds({ id: api.kept("feedbackId") })`,
      withKey("feedback-{{run}}"),
    ),
    post(
      "Something else with the same key",
      `${restaurant}/feedback`,
      feedback({ severity: "minor" }),
      `api.problem(409)`,
      withKey("feedback-{{run}}"),
    ),
    get(
      "Get it",
      `${restaurant}/feedback/{{feedbackId}}`,
      `
      api.is(200, "feedback")
      api.holds({ id: api.kept("feedbackId"), status: "open" })
      api.keep({ feedbackTag: api.tag() })`,
    ),
    ...["minor", "critical", "blocker"].map((severity) =>
      post(
        `Say something ${severity}`,
        `${restaurant}/feedback`,
        feedback({ severity }),
        `
      api.made("feedback", "/feedback/", { tagged: true })
      api.holds({ severity: "${severity}" })`,
      ),
    ),
    put(
      "Resolve it",
      `${restaurant}/feedback/{{feedbackId}}`,
      { status: "resolved", severity: "minor" },
      `
      api.is(200, "feedback")
      api.holds({ id: api.kept("feedbackId"), status: "resolved", severity: "minor", text: "The soup is cold " + api.kept("run") })
      const tag = api.tag()
      pm.test("the ETag is another one", () => pm.expect(tag).not.to.equal(api.kept("feedbackTag")))
      api.keep({ feedbackNewTag: tag })`,
      ifMatch("{{feedbackTag}}"),
    ),
    put(
      "Change what has changed meanwhile",
      `${restaurant}/feedback/{{feedbackId}}`,
      { status: "open", severity: "minor" },
      `api.problem(412)`,
      ifMatch("{{feedbackTag}}"),
    ),
    put(
      "Change without If-Match",
      `${restaurant}/feedback/{{feedbackId}}`,
      { status: "open", severity: "minor" },
      `api.problem(428)`,
    ),
    put(
      "A status that is not known",
      `${restaurant}/feedback/{{feedbackId}}`,
      { status: "lost", severity: "minor" },
      `api.problem(422, "status")`,
      ifMatch("{{feedbackNewTag}}"),
    ),
    put(
      "What was said cannot be changed",
      `${restaurant}/feedback/{{feedbackId}}`,
      { status: "open", severity: "minor", text: "It is hot" },
      `api.problem(422)`,
      ifMatch("{{feedbackNewTag}}"),
    ),
    put(
      "Change one that is not there",
      `${restaurant}/feedback/${nobody}`,
      { status: "open", severity: "minor" },
      `api.problem(404)`,
      ifMatch('"1"'),
    ),
    get("One that is not there", `${restaurant}/feedback/${nobody}`, `api.problem(404)`),
    post("Nothing said", `${restaurant}/feedback`, feedback({ text: "" }), `api.problem(422, "text")`),
    post(
      "More than can be read",
      `${restaurant}/feedback`,
      feedback({ text: "x".repeat(2001) }),
      `api.problem(422, "text")`,
    ),
    post(
      "A severity that is not known",
      `${restaurant}/feedback`,
      feedback({ severity: "awful" }),
      `api.problem(422, "severity")`,
    ),
    post(
      "A version that is none",
      `${restaurant}/feedback`,
      feedback({ version: "a b" }),
      `api.problem(422, "version")`,
    ),
  ),
  folder(
    "lists of feedback",
    get(
      "Of this version",
      `${restaurant}/feedback?version=api-{{run}}`,
      `
      const { ids, items, next } = api.page("feedback", 50)
      pm.test("all four, and nothing else", () =>
        pm.expect(items.map((one) => [one.severity, one.status].join(" "))).to.have
          .members(["minor resolved", "minor open", "critical open", "blocker open"]))
      pm.test("there are no more", () => pm.expect(next).to.equal(undefined))
      api.keep({ all: ids })`,
    ),
    get(
      "Open ones",
      `${restaurant}/feedback?version=api-{{run}}&status=open`,
      `
      const { items } = api.page("feedback", 50)
      pm.test("three", () => pm.expect(items.map((one) => one.status)).to.eql(["open", "open", "open"]))`,
    ),
    get(
      "Resolved minor ones",
      `${restaurant}/feedback?version=api-{{run}}&status=resolved&severity=minor`,
      `
      const { ids } = api.page("feedback", 50)
      pm.test("the one", () => pm.expect(ids).to.eql([api.kept("feedbackId")]))`,
    ),
    get(
      "Open blockers",
      `${restaurant}/feedback?version=api-{{run}}&status=open&severity=blocker`,
      `
      const { items } = api.page("feedback", 50)
      pm.test("the one", () => pm.expect(items.map((one) => one.severity)).to.eql(["blocker"]))`,
    ),
    get(
      "Of a version that nobody has",
      `${restaurant}/feedback?version=none-{{run}}`,
      `
      const { ids } = api.page("feedback", 50)
      pm.test("none", () => pm.expect(ids).to.eql([]))`,
    ),
    get(
      "First three",
      `${restaurant}/feedback?version=api-{{run}}&limit=3`,
      `
      const { ids, next } = api.page("feedback", 3)
      pm.test("the first three of all", () => pm.expect(ids).to.eql(JSON.parse(api.kept("all")).slice(0, 3)))
      api.keep({ next })`,
    ),
    get(
      "The last",
      `${restaurant}/feedback?version=api-{{run}}&limit=3&after={{next}}`,
      `
      const { ids, next } = api.page("feedback", 3)
      pm.test("the last one of all", () => pm.expect(ids).to.eql(JSON.parse(api.kept("all")).slice(3)))
      pm.test("there are no more", () => pm.expect(next).to.equal(undefined))`,
    ),
    get("A status that is not known", `${restaurant}/feedback?status=lost`, `api.problem(422, "status")`),
    get("A severity that is not known", `${restaurant}/feedback?severity=awful`, `api.problem(422, "severity")`),
  ),
)
