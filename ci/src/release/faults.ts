// Faults that are switched on by a value of the chart, to see that the chain notices (services/kit/faults).

const form = /^([a-z][a-z0-9-]*)\.(FAULT_[A-Z_]+)=([^,]*)$/

/** The chart's settings that switch faults on; an error for what is none, and for a cluster that is real. */
export function faultSettings(faults: string[], ephemeral: boolean): string[] {
  if (!faults.length) return []
  if (!ephemeral) throw new Error("faults: they are allowed on ephemeral clusters only; this one is real")
  const settings = faults.map((fault) => {
    const match = form.exec(fault)
    if (!match)
      throw new Error(
        `faults: ${JSON.stringify(fault)} is not allowed; <service>.<VARIABLE>=<value>, such as restaurant.FAULT_ERROR_RATE=0.5`,
      )
    return `faults.${match[1]}.${match[2]}=${match[3]}`
  })
  return [...settings, "faultsInProduction=rehearsal"]
}
