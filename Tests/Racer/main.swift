import DaemonContract
import DaemonLifecycle
import Glibc

// One caller of `ensure` in a process of its own. It says on descriptor 3 that it is there, waits until descriptor 4 ends, ensures, says on 3
// that it was served or not, waits until descriptor 5 ends, and prints one line of JSON. Descriptors that are not open are skipped.
let plan = RacerPlan(Array(CommandLine.arguments.dropFirst()))
plan.prepare()
await Racer(plan).run()
