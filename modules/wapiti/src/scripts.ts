// What runs inside the container, given to python3 -c as it stands.

/** Waits for at most argv[2] seconds for the address argv[1] to answer with anything but 502, 503 and 504 (exit code 7 and a line that says so), then
 * runs wapiti with the rest; when the address does not answer any more after it, that is exit code 7 too. Like wapiti, it takes any certificate. */
export const scanScript = `
import ssl, subprocess, sys, time, urllib.error, urllib.request

class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None

opener = urllib.request.build_opener(Stay, urllib.request.HTTPSHandler(context=ssl._create_unverified_context()))

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
            print("%s cannot be reached%s: %s (tried for %d s)" % (url, what, last, seconds), flush=True)
            sys.exit(7)
        time.sleep(0.25)

url, seconds, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
wait_for(url, seconds, "")
code = subprocess.run(command).returncode
if code == 0:
    wait_for(url, min(seconds, 10), " any more after the scan")
sys.exit(code if code >= 0 else 128)
`
