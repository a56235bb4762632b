import TestHost
import Testing

extension CommandTests {
  @Suite("Arguments")
  struct Arguments {
    @Test("Bytes that are no UTF-8 reach the command as they are")
    func bytes() throws {
      try onHost { (host) throws in
        #expect(try host.must("nsrun -- printf '%s' $'\\xff\\xfe' é | od -An -tx1").contains("ff fe"))
      }
    }

    @Test(
      "Whoever forgets -- is told where it belongs",
      arguments: ["nsrun ping 8.8.8.8", "nsrun --net br0 ping -c 1 8.8.8.8", "nsrun exec web ip address"])
    func terminator(command: String) throws {
      try onHost { (host) throws in
        let outcome = try host.sh(command)
        #expect(outcome.status == 125 && outcome.errors.contains("a command comes after --"), "\(outcome)")
      }
    }

    @Test(
      "Whoever mistypes a command is told which one may have been meant",
      arguments: [("nsrun lst", "list"), ("nsrun creat web --net br0", "create"), ("nsrun help clean-up", "cleanup")])
    func mistyped(command: String, meant: String) throws {
      try onHost { (host) throws in
        let outcome = try host.sh(command)
        #expect(outcome.status == 125 && outcome.errors.hasSuffix("did you mean nsrun \(meant)?\n"), "\(outcome)")
        #expect(try host.sh("nsrun help nope").errors == "nsrun: there is no command 'nope': nsrun --help lists them\n")
      }
    }
  }
}
