// The version of the pipelines, as verdicts name it. A test compares it with package.json.
export const version = "0.1.0"
