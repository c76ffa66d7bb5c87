// Runs before each request.

// What this run makes has its own names and keys, so that it can run twice on the same data, and beside other runs.
if (!pm.collectionVariables.get("run"))
  pm.collectionVariables.set("run", Date.now().toString(36) + "-" + Math.random().toString(36).slice(2, 10))

// What the contracts say of their things, as JSON schemas.
const id = { type: "string", pattern: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" }
const ids = { type: "array", items: id }
const text = { type: "string", minLength: 1 }
const whole = { type: "integer" }
const perhaps = { type: ["integer", "null"] }
const object = (properties, optional = []) => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
})
const dish = { id, menuId: id, name: text, recipeId: id, priceMinor: whole }
const schemas = {
  page: object({ items: { type: "array", items: object({ id }) }, next: id }, ["next"]),
  supplier: object({ id, name: text }),
  ingredient: object({
    id,
    supplierId: id,
    name: text,
    unit: { enum: ["g", "ml", "piece"] },
    packSize: whole,
    priceMinor: whole,
    available: { type: "boolean" },
  }),
  prices: object({ items: { type: "array" }, unknown: ids }),
  recipe: object({
    id,
    name: text,
    portions: whole,
    lines: { type: "array", minItems: 1, items: object({ ingredientId: id, quantity: whole }) },
  }),
  costs: object({
    items: {
      type: "array",
      items: object({ recipeId: id, portionCostMinor: perhaps, unpriced: ids, unavailable: ids }),
    },
    unknown: ids,
    degraded: { type: "boolean" },
  }),
  restaurant: object({ id, name: text }),
  menu: object({ id, restaurantId: id, name: text }),
  dish: object(dish),
  menuWithDishes: object({
    ...{ id, restaurantId: id, name: text, degraded: { type: "boolean" } },
    dishes: {
      type: "array",
      items: object({
        ...dish,
        costMinor: perhaps,
        marginMinor: perhaps,
        marginPercent: { type: ["number", "null"] },
        orderable: { type: "boolean" },
        unavailable: ids,
      }),
    },
  }),
  feedback: object({
    id,
    text,
    severity: { enum: ["minor", "major", "critical", "blocker"] },
    status: { enum: ["open", "resolved"] },
    version: text,
    createdAt: {
      type: "string",
      pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$",
    },
  }),
  version: object({ sha: text, commitTime: text, appMode: { enum: ["development", "qa", "stage", "production"] } }, [
    "commitTime",
  ]),
  problem: object(
    {
      type: text,
      title: text,
      status: whole,
      detail: text,
      instance: text,
      errors: { type: "array", minItems: 1, items: object({ field: text, detail: text }) },
    },
    ["detail", "instance", "errors"],
  ),
}

// What the scripts of requests check and keep. It has no declaration and is global for that: each of them begins with `const api = checks(pm)`.
checks = (pm) => {
  const api = {
    // The answer has this status.
    status(code) {
      pm.test("status " + code, () => pm.response.to.have.status(code))
    },
    // The body is problem details (RFC 9457).
    isProblem: () => pm.response.to.have.jsonSchema(schemas.problem),
    // The answer is a problem with this status, and names this field.
    problem(code, field) {
      api.status(code)
      pm.test("the problem is the status' own", () => pm.expect(pm.response.json().status).to.equal(code))
      if (field)
        pm.test("it names the field " + field, () =>
          pm.expect(pm.response.json().errors.map((e) => e.field)).to.include(field),
        )
    },
    // The answer has this status and is what the contract calls so; gives it.
    is(code, schema) {
      api.status(code)
      pm.test("the answer is a " + schema, () => pm.response.to.have.jsonSchema(schemas[schema]))
      return pm.response.json()
    },
    // The value is what the contract calls so.
    conforms: (value, schema) => pm.expect(value).to.have.jsonSchema(schemas[schema]),
    // The answer holds these values.
    holds(expected) {
      const body = pm.response.json()
      for (const [name, value] of Object.entries(expected))
        pm.test(name + " is as expected", () => pm.expect(body[name]).to.eql(value))
    },
    // The answer has made something: where it is, and its ETag if it can be changed.
    made(schema, path, { tagged }) {
      const body = api.is(201, schema)
      // The front end's proxy may put its prefix before what the service says.
      pm.test("Location says where it is", () =>
        pm.expect(pm.response.headers.get("Location").replace(/^\/api\/[a-z]+/, "")).to.equal(path + body.id),
      )
      if (tagged) api.tag()
      return body
    },
    // The answer has a strong ETag; gives it.
    tag() {
      const tag = pm.response.headers.get("ETag")
      pm.test("a strong ETag", () => pm.expect(tag).to.match(/^"[^"]+"$/))
      return tag
    },
    // Keeps values for the requests that follow.
    keep(values) {
      for (const [name, value] of Object.entries(values))
        pm.collectionVariables.set(name, typeof value === "string" ? value : JSON.stringify(value))
    },
    kept: (name) => pm.collectionVariables.get(name),
    // The answer is a page of at most so many, in rising order, and says how to go on after its last; gives the identifiers.
    page(schema, limit) {
      const { items, next } = api.is(200, "page")
      for (const one of items.slice(0, 1)) pm.test("it holds a " + schema, () => api.conforms(one, schema))
      const ids = items.map((one) => one.id)
      pm.test("at most " + limit, () => pm.expect(ids.length).to.be.at.most(limit))
      pm.test("in the order of the identifiers, none twice", () => pm.expect(ids).to.eql([...new Set(ids)].sort()))
      if (next !== undefined) pm.test("next is the last one", () => pm.expect(ids[ids.length - 1]).to.equal(next))
      return { ids, items, next }
    },
  }
  return api
}
