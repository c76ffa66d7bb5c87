// JMeter's plans and results, as text.
import { describe, expect, it } from "vitest"
import {
  setupGroups,
  judge,
  junit,
  limitFault,
  outcome,
  planFault,
  planFiles,
  propertyArguments,
  samples,
  trouble,
  verdictOf,
  type Limits,
} from "../../modules/jmeter/src/read"

const heading =
  "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage," +
  "bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n"
const line = (
  label: string,
  elapsed: number,
  { success = true, code = 200, message = "OK", thread = "readers 1-1", failure = "", at = 1_000 } = {},
): string =>
  `${at},${elapsed},${label},${code},${message},${thread},text,${success},${failure},1,1,1,1,http://x/,1,0,0\n`
const many = (label: string, times: number[]): string =>
  times.map((elapsed, i) => line(label, elapsed, { at: 1_000 + 100 * i })).join("")
const found = (lines: string, apart: string[] = []) => outcome(samples(heading + lines), apart)
const limits: Limits = { maxP95: 0, maxErrors: 0, minSamples: 1 }

describe("a plan", () => {
  it("names its set-up and tear-down groups", () =>
    expect(
      setupGroups(
        '<SetupThreadGroup guiclass="x" testname="a &amp; b" enabled="true"><ThreadGroup testname="c"/><PostThreadGroup testclass="y" testname="d">',
      ),
    ).toEqual(["a & b", "d"]))
  it("has to be one, and to read the address", () => {
    expect(planFault("<project/>")).toBe("plan: not a JMeter test plan (no jmeterTestPlan element)")
    expect(planFault('<jmeterTestPlan version="1.2"/>')).toContain("does not use the property baseUrl")
    expect(planFault('<jmeterTestPlan version="1.2">${__P(baseUrl)}</jmeterTestPlan>')).toBe("")
  })
  it("gets its properties, and refuses what is none", () => {
    expect(propertyArguments(["users=20", "token=a=b c"])).toEqual(["-Jusers=20", "-Jtoken=a=b c"])
    expect(() => propertyArguments(["secret"])).toThrow('properties: "secret" is not NAME=value')
    expect(() => propertyArguments(["baseUrl=http://x"])).toThrow("baseUrl is set by the argument url")
  })
  it("names the files that it reads, and no file that it writes", () => {
    const property = (name: string, value: string): string => `<stringProp name="${name}">${value}</stringProp>`
    const plan = [
      `<CSVDataSet testname="users" enabled="true">${property("filename", "users &amp; more.csv")}</CSVDataSet>`,
      `<CSVDataSet testname="off" enabled="false">${property("filename", "off.csv")}</CSVDataSet>`,
      `<ResultCollector testname="log">${property("filename", "out.jtl")}</ResultCollector>`,
      `<JSR223Sampler testname="script">${property("filename", "sign.groovy")}</JSR223Sampler>`,
      `<elementProp elementType="HTTPFileArg">${property("File.path", "photos/soup.jpg")}</elementProp>`,
      property("IncludeController.includepath", "login.jmx"),
      "${__StringFromFile(names.txt,)} ${__CSVRead(ids.csv,0)} ${__CSVRead(ids.csv,next)} ${__FileToString(body.json)}",
      property("File.path", "${__P(photo)}") +
        property("File.path", "/opt/in-the-image.jpg") +
        property("File.path", ""),
    ].join("\n")
    expect(planFiles(plan).sort()).toEqual([
      ...["body.json", "ids.csv", "login.jmx", "names.txt", "photos/soup.jpg", "sign.groovy", "users & more.csv"],
    ])
  })
  it.each([
    [{ maxP95: -1 }, "maxP95: -1 is not a number of milliseconds, or 0 for no limit"],
    [{ maxErrors: 101 }, "maxErrors: 101 is not a percentage"],
    [{ maxErrors: -0.5 }, "maxErrors: -0.5 is not a percentage"],
    [{ minSamples: 0 }, "minSamples: 0 is less than 1"],
  ])("has limits that make sense: %j", (wrong, message) => {
    expect(limitFault({ ...limits, ...wrong })).toContain(message)
    expect(limitFault({ ...limits, maxErrors: -1, maxP95: 500 })).toBe("")
  })
})

describe("JMeter's results", () => {
  it("are read with their quotes and line breaks, and without the sums of transactions", () => {
    const sum = '"Number of samples in transaction : 2, number of failing samples : 1"'
    const text = [
      line('"a, ""b"""', 5),
      line("c", 7, { success: false, code: 500, message: "Internal", failure: '"expected\n200"' }),
      line("t", 12, { message: sum }),
    ].join("")
    expect(samples(heading + text).map(({ label, elapsed, success, why }) => [label, elapsed, success, why])).toEqual([
      ['a, "b"', 5, true, "200 OK"],
      ["c", 7, false, "expected"],
    ])
  })
  it("are read without the sub-samples of redirects and embedded resources", () => {
    const redirect = (at: number, thread: string): string[] => [
      line("start", 50, { at, thread, success: false, failure: "no goodbye" }),
      line("start-0", 10, { at, thread, code: 302, message: "Found" }),
      line("start-1", 40, { at: at + 10, thread }),
      line("start-1-0", 5, { at: at + 45, thread }),
    ]
    const [one, other] = [redirect(1_000, "readers 1-1"), redirect(1_005, "readers 1-2")]
    const interleaved = one.flatMap((text, i) => [text, other[i]!]).join("")
    const result = found(interleaved)
    expect(result).toMatchObject({ samples: 2, failed: 2, errors: 100, p95: 50 })
    expect(judge(result, { ...limits, maxErrors: 50 }).passed).toBe(false)
  })
  it("keep samples of a plan whose labels end in numbers", () => {
    const steps = line("page", 5) + line("page-1", 5, { at: 1_005 }) + line("page-0", 5, { at: 1_011 })
    expect(found(steps)).toMatchObject({ samples: 3 })
    expect(found(line("page-0", 5) + line("page-1", 5, { at: 1_005 }))).toMatchObject({ samples: 2 })
  })
  it("may end in a line that is not whole", () => {
    expect(samples(`${heading}${line("a", 1)}1000,5,b`)).toHaveLength(1)
    expect(samples(`${heading}${line("a", 1)}1000,5,"b\nc`)).toHaveLength(1)
    expect(samples("")).toEqual([])
  })
  it("that cannot be read are an error, not fewer samples", () => {
    expect(() => samples(`${heading}1000,5,a"b,200\n${line("a", 1)}`)).toThrow(
      "the results cannot be read after sample 0",
    )
    expect(() => samples(`${heading}1000,5,a\n`)).toThrow("sample 1 has 3 columns, not 17")
    expect(() => samples("label,elapsed\na,5\n")).toThrow("the results have no column timeStamp")
  })
  it("give the figures of the load, with the set-up apart", () => {
    const times = Array.from({ length: 100 }, (_, i) => i + 1)
    const result = found(line("set up: x", 9_000, { thread: "data 1-1" }) + many("a", times), ["data"])
    expect(result).toMatchObject({ samples: 100, failed: 0, errors: 0, p95: 95, throughput: 10 })
    expect(result.setup).toEqual([{ label: "set up: x", samples: 1, failed: 0, p95: 9_000, slowest: 9_000, why: "" }])
    expect(found(many("a", [7])).p95).toBe(7)
  })
})

describe("the verdict on a load", () => {
  it("is red without a sample of the load, whatever the set-up did", () => {
    expect(judge(found(""), limits)).toMatchObject({
      passed: false,
      reason: "no samples taken",
      value: 0,
      limit: 1,
      unit: "samples",
    })
    expect(judge(found(line("set up: x", 1, { thread: "data 1-1" }), ["data"]), limits).reason).toBe("no samples taken")
    expect(judge(found(many("a", [1, 2])), { ...limits, minSamples: 3 }).reason).toBe(
      "2 samples taken, at least 3 required",
    )
  })
  it("is red when the set-up failed, and says how", () =>
    expect(
      judge(
        found(line("set up: x", 1, { thread: "data 1-1", success: false, code: 503, message: "Service Unavailable" }), [
          "data",
        ]),
        limits,
      ).reason,
    ).toBe("the plan's set-up or tear-down failed: set up: x: 503 Service Unavailable"))
  it("is red above the share of errors, by the label that fails most", () => {
    const lines = many("a", [1, 1, 1]) + line("b", 1, { success: false, code: 500, message: "Internal Server Error" })
    expect(judge(found(lines), limits)).toEqual({
      passed: false,
      reason: "25 % of 4 samples failed (limit 0 %); worst: b, 1 of 1: 500 Internal Server Error",
      value: 25,
      limit: 0,
      unit: "%",
    })
    expect(judge(found(lines), { ...limits, maxErrors: 25 }).passed).toBe(true)
    expect(judge(found(lines), { ...limits, maxErrors: -1 }).passed).toBe(true)
  })
  it("is red when every sample failed, also without a limit", () =>
    expect(
      judge(found(line("b", 1, { success: false, code: 500, message: "no" })), { ...limits, maxErrors: -1 }),
    ).toMatchObject({ passed: false, reason: "100 % of 1 samples failed; worst: b, 1 of 1: 500 no", limit: 100 }))
  it("is red above the time, by the label that is slowest", () => {
    const lines = many("quick", [10, 12]) + many("slow", [700, 900])
    expect(judge(found(lines), { ...limits, maxP95: 500 })).toEqual({
      passed: false,
      reason: "p95 900 ms > 500 ms; worst: slow, 900 ms",
      value: 900,
      limit: 500,
      unit: "ms",
    })
  })
  it("is green within the limits, with its figures", () => {
    expect(judge(found(many("a", [10, 20])), { ...limits, maxP95: 20 })).toEqual({
      passed: true,
      reason: "2 samples, 0 % failed, p95 20 ms (limit 20 ms), 16.67 samples/s",
      value: 20,
      limit: 20,
      unit: "ms",
    })
    expect(judge(found(many("a", [10, 20])), limits)).toEqual({
      passed: true,
      reason: "2 samples, 0 % failed, p95 20 ms, 16.67 samples/s",
      value: 20,
      unit: "ms",
    })
  })
})

describe("JMeter's reports", () => {
  it("hold a case for each label", () => {
    const text = junit(
      "load",
      found(`${line('"a <b>"', 1_500)}${line("c", 1, { success: false, code: 500, message: "no & no" })}`),
    )
    expect(text).toContain('tests="2" failures="1"')
    expect(text).toContain('<testcase classname="load" name="a &lt;b&gt;" time="1.5"/>')
    expect(text).toContain('<failure message="1 of 1 failed: 500 no &amp; no"/>')
  })
  it("say why nothing ran", () => {
    expect(trouble("http://app:1 cannot be reached: x (tried for 5 s)\n")).toBe(
      "http://app:1 cannot be reached: x (tried for 5 s)",
    )
    expect(
      trouble(
        "WARN StatusConsoleListener x\nError in NonGUIDriver java.lang.IllegalArgumentException: Problem loading XML\n",
      ),
    ).toBe("Error in NonGUIDriver java.lang.IllegalArgumentException: Problem loading XML")
    expect(trouble("")).toBe("")
  })
  it("name the class of a plug-in that is not there", () => {
    const output =
      "Error in NonGUIDriver java.lang.IllegalArgumentException: Problem loading XML from:'/load/plan.jmx'. \nCause:\n" +
      "CannotResolveClassException: kg.apc.jmeter.threads.UltimateThreadGroup\n\n Detail:com.thoughtworks.xstream x\n" +
      "\tat com.thoughtworks.xstream.core.TreeUnmarshaller.convert(TreeUnmarshaller.java:1)\n"
    const ended = { exitCode: 1, timedOut: false, seconds: 1 }
    const limits = { maxP95: 0, maxErrors: 0, minSamples: 1 }
    expect(verdictOf(ended, { results: undefined, output }, { setup: [], limits }).reason).toBe(
      "could not run: jmeter: the plan needs the class kg.apc.jmeter.threads.UltimateThreadGroup, which this JMeter does " +
        "not have: pass an image with its plug-in",
    )
  })
})
