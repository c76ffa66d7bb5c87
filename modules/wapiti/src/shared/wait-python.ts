// Generated from modules/shared/wait-python.ts by `npm run sync`; do not edit.
/**
 * Python, for images without curl and node: `wait_for(url, seconds, what)` returns when the address answers with any
 * status but 502, 503 and 504 (a proxy whose service is not up yet). Otherwise it prints why, with `what` behind
 * "cannot be reached", and exits with 7. It accepts any certificate and follows no redirect.
 */
export const waitForPython = `
import ssl, sys, time, urllib.error, urllib.request

class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None

insecure = urllib.request.HTTPSHandler(context=ssl._create_unverified_context())
opener = urllib.request.build_opener(NoRedirect, insecure)

def wait_for(url, seconds, what=""):
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
            last = "answers %d" % status
        if time.monotonic() >= end:
            print("%s cannot be reached%s: %s (tried for %d s)" % (url, what, last, seconds), flush=True)
            sys.exit(7)
        time.sleep(0.25)
`
