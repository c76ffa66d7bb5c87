// What runs inside the container, given to python3 -c as it stands.

/** Waits for the address, starts ZAP, has it run a plan of its automation framework, and writes what ZAP tells of it to /report/zap.json. Takes one
 * argument, JSON: url, start, wait and minutes (for the spider, and for the active scan), args for zap.sh. Exit code 7 when nothing answers. */
export const scanScript = `
import json, ssl, subprocess, sys, time, urllib.error, urllib.parse, urllib.request

class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None

opener = urllib.request.build_opener(Stay, urllib.request.HTTPSHandler(context=ssl._create_unverified_context()))
local = urllib.request.build_opener(urllib.request.ProxyHandler({}))

def stop(line, code):
    print(line, flush=True)
    sys.exit(code)

def wait_for(url, seconds, what):
    end = time.monotonic() + seconds
    while True:
        try:
            status = opener.open(url, timeout=max(0.1, min(5, end - time.monotonic()))).status
        except urllib.error.HTTPError as error:
            status = error.code
        except OSError as error:
            status, last = 0, getattr(error, "reason", error)
        if status and not 502 <= status <= 504:
            return
        if status:
            last = "it answers %d" % status
        if time.monotonic() >= end:
            stop("%s cannot be reached%s: %s (tried for %d s)" % (url, what, last, seconds), 7)
        time.sleep(0.25)

def ask(path, **parameters):
    with local.open("http://127.0.0.1:8090/JSON/%s/?%s" % (path, urllib.parse.urlencode(parameters)), timeout=60) as answer:
        return json.load(answer)

def rules(component):
    try:
        return [rule for rule in ask(component + "/view/scanners")["scanners"] if rule.get("enabled") == "true"]
    except urllib.error.HTTPError:
        return []

def started(zap):
    end = time.monotonic() + 180
    while time.monotonic() < end and zap.poll() is None:
        try:
            return ask("core/view/version")["version"]
        except OSError:
            time.sleep(0.5)
    stop("ZAP did not start within 180 s" if zap.poll() is None else "ZAP ended with %d before it answered" % zap.poll(), 1)

given = json.loads(sys.argv[1])
wait_for(given["url"], given["wait"], "")
zap = subprocess.Popen(["zap.sh", "-daemon", "-silent", "-dir", "/tmp/zap", "-host", "127.0.0.1", "-port", "8090", "-config", "api.disablekey=true", *given["args"]])
version = started(zap)
addons = {addon["id"]: addon["version"] for addon in ask("autoupdate/view/installedAddons")["installedAddons"]}
active, passive = rules("ascan"), rules("pscan")

jobs = []
if given["start"]:
    jobs.append({"type": "requestor", "requests": [{"url": url, "method": "GET"} for url in given["start"]]})
jobs.append({"type": "spider", "parameters": {"context": "product", "maxDuration": given["minutes"]}})
if "pscan" in addons:
    jobs.append({"type": "passiveScan-wait", "parameters": {"maxDuration": given["minutes"]}})
if active:
    jobs.append({"type": "activeScan", "parameters": {"context": "product", "maxScanDurationInMins": given["minutes"]}})
if "reports" in addons:
    jobs.append({"type": "report", "parameters": {"template": "traditional-html", "reportDir": "/report", "reportFile": "zap.html"}})
plan = {
    "env": {
        "contexts": [{"name": "product", "urls": [given["url"]]}],
        "parameters": {"failOnError": True, "failOnWarning": False, "progressToStdout": True},
    },
    "jobs": jobs,
}
# A plan is YAML, of which JSON is a part.
with open("/report/plan.yaml", "w") as file:
    json.dump(plan, file, indent=1)
number = ask("automation/action/runPlan", filePath="/report/plan.yaml")["planId"]
while True:
    progress = ask("automation/view/planProgress", planId=number)
    if progress["finished"] or zap.poll() is not None:
        break
    time.sleep(0.5)

visited = [url for scan in ask("spider/view/scans")["scans"] for part in ask("spider/view/fullResults", scanId=scan["id"])["fullResults"] for url in part.get("urlsInScope", [])]
report = {
    "version": version,
    "addons": addons,
    "rules": {"active": len(active), "passive": len(passive)},
    "plan": {"info": progress["info"], "warn": progress["warn"], "error": progress["error"]},
    "urls": [{"method": url["method"], "url": url["url"], "status": int(url["statusCode"] or 0)} for url in visited],
    "alerts": ask("alert/view/alerts")["alerts"],
}
with open("/report/zap.json", "w") as file:
    json.dump(report, file, indent=1)
wait_for(given["url"], min(given["wait"], 10), " any more after the scan")
ask("core/action/shutdown")
try:
    zap.wait(30)
except subprocess.TimeoutExpired:
    zap.kill()
`
