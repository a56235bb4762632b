import TestHost
import Testing

extension CommandTests {
  /// Several workers run all commands at once, on few names, bridges and addresses, for NSRUN_STORM seconds.
  @Suite("Storm", .serialized) struct StormTests {
    @Test("Concurrent commands fail only if another one was faster, and leave nothing")
    func peaceful() throws {
      try storm(isKilling: false)
    }

    @Test("Concurrent commands do not fail because other nsruns are killed at random, and leave nothing")
    func killing() throws {
      try storm(isKilling: true)
    }

    private func storm(isKilling: Bool) throws {
      try onHost { (host) throws in
        try host.compile("patient")
        let outcome = try host.sh(
          Self.script, input: "\(stormSeconds) 8 \(isKilling ? "yes" : "no")\n", seconds: stormSeconds + 900)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let steps = try outcome.lines.map { line throws in try #require(Step(line), "\(line)") }
        for step in steps where !step.isExpected(isKilling: isKilling) {
          Issue.record("\(step)")
        }
        var counts: [String: Int] = [:]
        for step in steps { counts["\(step.operation) \(step.status)", default: 0] += 1 }
        let text = counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
        print("storm\(isKilling ? " with kill -9" : "") of \(stormSeconds) s, operations by exit status: \(text)")
        for operation in ["run", "create", "list", "cleanup", "reload"] {
          #expect(steps.contains { $0.operation == operation && $0.status == 0 }, "no \(operation) succeeded")
        }
        try host.must("nsrun cleanup --all")
      }
    }

    /// One command that a worker has run.
    private struct Step: CustomStringConvertible {
      let operation: String
      let status: Int
      let errors: [Substring]
      let output: [Substring]
      let description: String

      init?(_ line: String) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count == 5, let status = Int(fields[1]) else { return nil }
        operation = String(fields[0])
        self.status = status
        errors = fields[2].split(separator: "|")
        output = fields[3].split(separator: "|")
        description = line
      }

      /// The refusals with status 125 that are expected, because another worker was faster.
      static let refusals: [String: [String]] = [
        "run": launch, "keep": launch, "create": launch,
        "exec": ["there is no sandbox or network namespace named '"],
        "rm": ["there is no sandbox named '", " is in use by its command: end that first (nsrun is process "],
        "inspect": ["there is no sandbox named '", "' has just gone"],
      ]
      private static let launch = [
        "' is taken by another sandbox (nsrun list)", "' is taken: there is a network namespace of this name",
        "--ip 10.64.200.", "no address is free in 10.64.200.0/29 on br2",
      ]

      /// Operations that may end a process that another worker's exec brought in, and then say so.
      private static let ends = ["run", "keep", "rm", "cleanup", "cleanup-all"]

      func isExpected(isKilling: Bool) -> Bool {
        let warnings = errors.filter { $0.hasPrefix("nsrun: ending what still runs in ") }
        // Others keep a busy machine's lock for more than a second.
        let complaints = errors.filter { !warnings.contains($0) && !$0.hasPrefix("nsrun: waiting for ") }
        if isKilling {
          // The kill hit nsrun, or the child that was to execute the command.
          if status == 137 { return complaints.isEmpty || complaints[0].hasSuffix("by signal 9 before it started") }
          // What a killed nsrun left half done is visible until the next nsrun that may undo it.
          if operation == "doctor", status == 1 { return complaints.isEmpty }
          if operation == "reload", status == 125 {
            return !complaints.isEmpty && complaints.allSatisfy { $0.contains("' is broken: ") }
          }
          if operation == "cleanup", status == 0 {
            return complaints.allSatisfy { $0.contains("' is broken: ") || $0.contains("is in no record; left") }
          }
        } else if !warnings.isEmpty, !Self.ends.contains(operation) {
          return false
        }
        switch status {
        case 0: return complaints.isEmpty && isOutputExpected(isKilling: isKilling)
        case 125:
          return complaints.count == 1
            && Self.refusals[operation, default: []].contains { complaints[0].contains($0) }
        // The command ended with its sandbox; by SIGKILL if it came in after the others got SIGTERM.
        case 143, 137: return operation == "exec" && complaints.isEmpty
        default: return false
        }
      }

      private func isOutputExpected(isKilling: Bool) -> Bool {
        switch operation {
        // cleanup may remove a bridge whose last sandbox leaves at that moment.
        case "cleanup": isKilling || output.allSatisfy { $0.hasPrefix("removed ") && $0.hasSuffix(" (stale)") }
        case "cleanup-all":
          isKilling
            || output.allSatisfy { line in
              // The last is a sandbox that processes entered by exec after rm had ended all others.
              line.hasPrefix("removed ")
                && ["(created", "(stale)", "(unrecorded, ending"].contains { line.contains($0) }
            }
        case "reload": isKilling || output.isEmpty
        default: true
        }
      }
    }

    /// Reads the duration, the number of workers, and whether to kill. Prints a line for each command: its operation,
    /// its exit status, its errors, its output, and the command itself. `patient` ends a command that hangs, with
    /// status 124.
    private static let script = """
      read -r seconds workers killing
      cd /run/scratch; mkdir storm
      names=(red green blue)
      # One with few addresses, which are also asked for, one without a way out, and none.
      nets=('--net br0' '--net br0' '--net br1' '--net br2 --subnet 10.64.200.0/29' '--net br3 --internal' '')
      worker() {
        RANDOM=$1 rounds=40
        while [ $((rounds -= 1)) -gt 0 ] || [ $SECONDS -lt $seconds ]; do
          name=${names[RANDOM % 3]} net=${nets[RANDOM % 6]}
          case $net in *br2*) [ $((RANDOM % 3)) != 0 ] || net+=" --ip 10.64.200.$((2 + RANDOM % 5))" ;; esac
          case $((RANDOM % 21)) in
            [0-4]) op=run; command="nsrun $net -- true" ;;
            5 | 6) op=run; command="nsrun $net --name $name -- true" ;;
            7) op=run; command="nsrun $net -- sleep 0.1" ;;
            8) op=keep; command="nsrun $net --name $name --keep -- true" ;;
            9 | 10 | 11) op=create; command="nsrun create $name $net" ;;
            12) op=exec; command="nsrun exec $name -- sleep 0.1" ;;
            13 | 14) op=rm; command="nsrun rm $name" ;;
            15) op=cleanup; command="nsrun cleanup" ;;
            16) op=cleanup-all; command="nsrun cleanup --all" ;;
            17) op=list; command="nsrun list --json" ;;
            18) op=inspect; command="nsrun inspect $name --json" ;;
            19) op=reload; command="nsrun reload" ;;
            20) op=doctor; command="nsrun doctor" ;;
          esac
          patient 120 $command > storm/$1.out 2> storm/$1.err
          status=$?
          case $op-$status in list-0 | inspect-0) jq . storm/$1.out > /dev/null || status=99 ;; esac
          printf '%s\\t%s\\t%s\\t%s\\t%s\\n' $op $status "$(tr '\\n' '|' < storm/$1.err)" "$(tr '\\n' '|' < storm/$1.out)" \\
            "$command" >> storm/$1.log
        done
      }
      # What bash says of killed jobs is not of interest.
      for w in $(seq $workers); do worker $w 2> /dev/null & pids="$pids $!"; done
      while [ $killing = yes ] && [ $SECONDS -lt $seconds ]; do
        running=($(pgrep -x nsrun))
        [ ${#running[@]} = 0 ] || kill -KILL ${running[RANDOM % ${#running[@]}]} 2> /dev/null
        sleep 0.0$((RANDOM % 10))
      done
      wait $pids
      cat storm/*.log; rm -r storm
      """
  }
}
