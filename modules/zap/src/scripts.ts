import { waitForPython } from "./shared/wait-python"

/**
 * The program that runs inside the container: python3 -c PROGRAM SETTINGS, with the settings as JSON: url, start, wait
 * (seconds), minutes (for the spider, and for the active scan), args (for zap.sh).
 * Waits for the address (exit code 7 if it does not answer), starts ZAP, runs a plan of its automation framework, and
 * writes rules, URLs, alerts and ZAP's messages to /report/zap.json.
 */
export const scanScript = `${waitForPython}
import json, subprocess, urllib.parse

api = "http://127.0.0.1:8090/JSON/%s/?%s"
local = urllib.request.build_opener(urllib.request.ProxyHandler({}))

def stop(line, code):
    print(line, flush=True)
    sys.exit(code)

def call(path, **parameters):
    with local.open(api % (path, urllib.parse.urlencode(parameters)), timeout=60) as answer:
        return json.load(answer)

def rules(component):
    try:
        return [rule for rule in call(component + "/view/scanners")["scanners"] if rule.get("enabled") == "true"]
    except urllib.error.HTTPError:
        return []

def started(zap):
    end = time.monotonic() + 180
    while time.monotonic() < end and zap.poll() is None:
        try:
            return call("core/view/version")["version"]
        except OSError:
            time.sleep(0.5)
    if zap.poll() is None:
        stop("ZAP did not start within 180 s", 1)
    stop("ZAP ended with %d before it answered" % zap.poll(), 1)

settings = json.loads(sys.argv[1])
wait_for(settings["url"], settings["wait"])
daemon = ["zap.sh", "-daemon", "-silent", "-dir", "/tmp/zap", "-host", "127.0.0.1", "-port", "8090"]
zap = subprocess.Popen([*daemon, "-config", "api.disablekey=true", *settings["args"]])
version = started(zap)
installed = call("autoupdate/view/installedAddons")["installedAddons"]
addons = {addon["id"]: addon["version"] for addon in installed}
active, passive = rules("ascan"), rules("pscan")

jobs = []
if settings["start"]:
    jobs.append({"type": "requestor", "requests": [{"url": url, "method": "GET"} for url in settings["start"]]})
jobs.append({"type": "spider", "parameters": {"context": "product", "maxDuration": settings["minutes"]}})
if "pscan" in addons:
    jobs.append({"type": "passiveScan-wait", "parameters": {"maxDuration": settings["minutes"]}})
if active:
    limits = {"context": "product", "maxScanDurationInMins": settings["minutes"]}
    jobs.append({"type": "activeScan", "parameters": limits})
if "reports" in addons:
    report = {"template": "traditional-html", "reportDir": "/report", "reportFile": "zap.html"}
    jobs.append({"type": "report", "parameters": report})
plan = {
    "env": {
        "contexts": [{"name": "product", "urls": [settings["url"]]}],
        "parameters": {"failOnError": True, "failOnWarning": False, "progressToStdout": True},
    },
    "jobs": jobs,
}
# ZAP reads plans as YAML, and JSON is valid YAML.
with open("/report/plan.yaml", "w") as file:
    json.dump(plan, file, indent=1)
number = call("automation/action/runPlan", filePath="/report/plan.yaml")["planId"]
while True:
    progress = call("automation/view/planProgress", planId=number)
    if progress["finished"] or zap.poll() is not None:
        break
    time.sleep(0.5)

visited = []
for scan in call("spider/view/scans")["scans"]:
    for part in call("spider/view/fullResults", scanId=scan["id"])["fullResults"]:
        visited += part.get("urlsInScope", [])
report = {
    "version": version,
    "addons": addons,
    "rules": {"active": len(active), "passive": len(passive)},
    "plan": {"info": progress["info"], "warn": progress["warn"], "error": progress["error"]},
    "urls": [{"method": url["method"], "url": url["url"], "status": int(url["statusCode"] or 0)} for url in visited],
    "alerts": call("alert/view/alerts")["alerts"],
}
with open("/report/zap.json", "w") as file:
    json.dump(report, file, indent=1)
wait_for(settings["url"], min(settings["wait"], 10), " any more after the scan")
call("core/action/shutdown")
try:
    zap.wait(30)
except subprocess.TimeoutExpired:
    zap.kill()
`
