import Glibc
import LinuxSystem
import Namespaces
import TestNetlink
import Testing

@testable import Network

@Suite("Records")
struct RecordTests {
  /// The record of a run on a bridge.
  private let file = """
    nsrun-record 1
    name web
    lifetime run
    maker 4711
    created 1700000000
    hostname web
    bridge br0
    interface eth0
    address 10.64.1.5/24
    mac 02:6e:0a:40:01:05
    mtu 1500
    gateway 10.64.1.1
    host-link nsrun-abcdefgh
    egress masquerade
    translation bridge
    host-address 10.64.1.1
    namespace 4:4026532300

    """

  @Test("A record is read as it was written")
  func read() throws {
    let text = try RecordText(parsing: Array(file.utf8))
    #expect(SandboxFacts(text) == facts())
    #expect(text.namespaceIdentity == FileIdentity(device: 4, inode: 4_026_532_300))
    #expect(text.file == file)
  }

  @Test(
    "A record with values that nsrun never writes has no connection",
    arguments: [
      "mtu 0", "mtu 67", "mtu 65536", "mtu -1", "host-link eth0", "host-link nsrun", "address fd00::1/64", "egress all",
      "mac 02", "translation none", "bridge ../x",
    ])
  func limited(line: String) throws {
    let text = try RecordText(parsing: Array((file + line + "\n").utf8))
    #expect(SandboxFacts(text)?.connections == [])
  }

  @Test(
    "A text that is no identity of a namespace gives none",
    arguments: ["", "4", "4:", ":5", "4:5:6", "4:../5", "4: 5", "+4:5", "04:5"])
  func identity(text: String) { #expect(FileIdentity(text: text) == nil) }

  @Test("Records are written in a stable format")
  func write() {
    var text = facts().head
    text.append("bridge", "br0")
    let written = RecordText(text.lines + facts().lines(ofConnection: 0).lines + [("namespace", "4:4026532300")])
    #expect(written.file == file)
  }

  @Test(
    "Records are read back for every way out, with and without a gateway",
    arguments: [NetworkSpec.Egress.masquerade, .routed, .internal])
  func roundTrip(egress: NetworkSpec.Egress) throws {
    for gateway in [nil, ip("10.64.1.1")] {
      let facts = facts(egress, gateway: gateway)
      let text = RecordText(facts.head.lines + [("bridge", "br0")] + facts.lines(ofConnection: 0).lines)
      #expect(SandboxFacts(try RecordText(parsing: Array(text.file.utf8))) == facts)
    }
  }

  @Test(
    "A record with IPv6 is of the version that says so, and keeps only an address that nsrun may have given")
  func ipv6() throws {
    let facts = factsWithIPv6()
    let head = facts.head.lines + [("bridge", "br0"), (SandboxRecord.ipv6, "yes")]
    let text = RecordText(head + facts.lines(ofConnection: 0).lines)
    #expect(text.file.hasPrefix("nsrun-record 3\n"))
    #expect(text["address6"] == "fd00:a::a40:105/64" && text["gateway6"] == "fd00:a::1")
    #expect(SandboxFacts(try RecordText(parsing: Array(text.file.utf8))) == facts)
    // Already before the addresses are known.
    #expect(RecordText(head).file.hasPrefix("nsrun-record 3\n"))
    let other = RecordText(
      facts.head.lines + [("bridge", "br0"), (SandboxRecord.ipv6, SandboxRecord.IPv6.chosen.rawValue)])
    #expect(other.file.hasPrefix("nsrun-record 4\n"))
    for address in ["10.64.1.5/24", "fe80::a40:105/64", "ff02::1/64", "fd00:a::a40:105/97", "fd00:a::a40:105"] {
      let changed = RecordText(text.lines + [("address6", address)])
      #expect(SandboxFacts(changed)?.connections.first?.inside.ipv6 == nil, "\(address)")
    }
  }

  @Test("A record that is cut at any byte is empty or a beginning, and gives nothing that was not written")
  func truncation() throws {
    let bytes = Array(file.utf8)
    let whole = try RecordText(parsing: bytes)
    for count in 0..<bytes.count {
      do throws(RecordText.Unreadable) {
        let text = try RecordText(parsing: Array(bytes[..<count]))
        #expect(text.lines.elementsEqual(whole.lines.prefix(text.lines.count), by: ==))
        // Once the head is complete, it tells what to undo.
        let hasHead = bytes[..<count].count { $0 == UInt8(ascii: "\n") } >= 5
        #expect((SandboxFacts(text) != nil) == hasHead)
        let isConnected = SandboxFacts(text)?.connections.isEmpty == false
        #expect(isConnected == (text["translation"] != nil))
      } catch {
        #expect(error == .empty && count < "nsrun-record 1\n".utf8.count)
      }
    }
  }

  @Test("Records keep values that begin with an accent, even if they are cut within a letter")
  func accents() throws {
    let text = RecordText([("name", "\u{301}x"), ("link", "e\u{301}")])
    let bytes = Array(text.file.utf8)
    #expect(try RecordText(parsing: bytes) == text)
    #expect(try RecordText(parsing: bytes.dropLast(2)) == RecordText([("name", "\u{301}x")]))
  }

  @Test(
    "A file that is not a record is told from a record",
    arguments: [
      ("", RecordText.Unreadable.empty), ("nsrun-record 1", .empty), ("\n", .garbage), ("garbage\n", .garbage),
      ("name web\n", .garbage),
      ("nsrun-record x\n", .garbage), ("nsrun-record 0\n", .garbage), ("nsrun-record -1\n", .garbage),
      ("nsrun-record 1\n\n", .garbage),
      ("nsrun-record 1\nline\n", .garbage), ("nsrun-record 1\n value\n", .garbage),
      ("nsrun-record 5\n", .newer(version: 5)),
      ("nsrun-record 99999999999999999999\n", .garbage),
    ])
  func unreadable(text: String, reason: RecordText.Unreadable) {
    #expect(throws: reason) { try RecordText(parsing: Array(text.utf8)) }
  }

  @Test("A record of any bytes does not trap")
  func garbage() {
    #expect(throws: RecordText.Unreadable.garbage) { try RecordText(parsing: [0xff, 0x0a]) }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      var bytes = Array(file.utf8)
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if let text = try? RecordText(parsing: bytes) { _ = SandboxFacts(text) }
    }
  }

  @Test("A record keeps lines with unknown keys, and the last of several lines with a key counts")
  func unknown() throws {
    let text = try RecordText(parsing: Array((file + "colour blue and green\nmtu 1400\n").utf8))
    #expect(text["colour"] == "blue and green")
    #expect(SandboxFacts(text)?.connections.first?.inside.mtu == 1400)
    #expect(text.all("mtu") == ["1500", "1400"])
    #expect(text["nothing"] == nil)
  }

  @Test(
    "A record without an essential line, or with an invalid one, names no sandbox",
    arguments: ["name", "lifetime", "maker", "created"])
  func essential(key: String) throws {
    let text = try RecordText(parsing: Array(file.utf8))
    #expect(SandboxFacts(RecordText(text.lines.filter { $0.key != key })) == nil)
    #expect(SandboxFacts(RecordText(text.lines.map { $0.key == key ? (key, "/") : $0 })) == nil)
  }

  @Test("A record with a time or an address that nsrun never writes can be listed and undone")
  func impossible() throws {
    let text = try RecordText(parsing: Array(file.utf8))
    #expect(SandboxFacts(RecordText(text.lines + [("created", "\(Int.min)")])) == nil)
    // Nothing can be derived from such an address, so there is no connection to undo.
    let facts = try #require(SandboxFacts(RecordText(text.lines + [("address", "2001:db8::5/64")])))
    #expect(SandboxPlan.undo(of: facts) == [.unname(facts.name)])
  }

  @Test(
    "A record with an invalid connection names the sandbox without a connection",
    arguments: ["bridge", "address", "mac", "mtu", "host-link", "egress"])
  func connection(key: String) throws {
    let text = try RecordText(parsing: Array(file.utf8))
    let damaged = try #require(SandboxFacts(RecordText(text.lines.map { $0.key == key ? (key, "/") : $0 })))
    #expect(damaged.connections.isEmpty)
  }
}

@Suite("Record files")
struct RecordFileTests {
  private let scratch: Scratch
  private let state: StateDirectory
  private var path: String { state.runningRecord(of: name("web")) }

  init() throws {
    scratch = try Scratch()
    state = scratch.state
    try makeDirectory(state.path)
  }

  @Test("The process that made a record holds it, and can append to it")
  func attended() throws {
    var record = try SandboxRecord(facts(), targets: facts().targets, in: state)
    #expect(SandboxRecord.isAlive(name("web"), in: state))
    #expect(try isFree() == false)
    try record.append(facts().lines(ofConnection: 0))
    let text = try record.read()
    #expect(SandboxFacts(text) == facts())
    let hadGrown = record.hasGrown
    #expect(!hadGrown)
    SandboxRecord.noteJoining(name("web"), in: state)
    let hasGrown = record.hasGrown
    #expect(hasGrown)
    let joined = try record.read()
    #expect(joined[SandboxRecord.joined] == "\(getpid())")
    try record.removeFile()
    #expect(!SandboxRecord.isAlive(name("web"), in: state))
  }

  @Test("A record of several networks can be read while only the first have an address")
  func several() throws {
    var record = try SandboxRecord(factsOfTwo(), targets: factsOfTwo().targets, in: state)
    try record.append(factsOfTwo().lines(ofConnection: 0))
    let half = try record.read()
    #expect(SandboxFacts(half) == facts() && half.bridges == [link("br0"), link("br1")])
    try record.append(factsOfTwo().lines(ofConnection: 1))
    let text = try record.read()
    #expect(SandboxFacts(text) == factsOfTwo())
  }

  @Test("A record keeps connections of several kinds in their order")
  func kinds() throws {
    let facts = factsWithMacvlan()
    var record = try SandboxRecord(facts, targets: facts.targets, in: state)
    for number in 0..<3 { try record.append(facts.lines(ofConnection: number)) }
    let text = try record.read()
    #expect(SandboxFacts(text) == facts && text.targets == facts.targets)
    // An nsrun that knows bridges only must not take it for a sandbox without networks.
    #expect(text.file.hasPrefix("nsrun-record 2\n") && facts.head.file.hasPrefix("nsrun-record 1\n"))
    #expect(text.bridges == [link("br0"), link("br1")] && text["macvlan.2"] == "lan0" && text["mode.2"] == "private")
  }

  @Test("SandboxRecord refuses a name that another record has")
  func taken() throws {
    let record = try SandboxRecord(facts(), targets: [], in: state)
    let error = #expect(throws: NetworkError.self) { _ = try SandboxRecord(facts(), targets: [], in: state) }
    #expect("\(try #require(error))".hasPrefix("the name 'web' is taken by another sandbox"))
    _ = consume record
  }

  @Test("A record that no process holds can be taken over once, and not after it was removed")
  func takeOver() throws {
    do { _ = try SandboxRecord(facts(), targets: facts().targets, in: state) }
    #expect(!SandboxRecord.isAlive(name("web"), in: state))
    guard let taken = try SandboxRecord(takingOver: name("web"), at: path) else {
      Issue.record("nobody holds it")
      return
    }
    #expect(try isFree() == false)
    try taken.removeFile()
    _ = consume taken
    #expect(try isFree() == false)
  }

  /// Whether there is a record that no process holds.
  private func isFree() throws -> Bool {
    if try SandboxRecord(takingOver: name("web"), at: path) != nil { return true }
    return false
  }

  @Test("The record of a created sandbox moves to where the sweep does not look, and cannot be taken again")
  func keep() throws {
    var record = try SandboxRecord(facts(), targets: facts().targets, in: state)
    try record.keep(in: state)
    #expect(state.record(of: name("web")) == state.createdRecord(of: name("web")))
    #expect(try state.staleNames().isEmpty)
    #expect(throws: NetworkError.self) { _ = try SandboxRecord(facts(), targets: [], in: state) }
    #expect(try directoryEntries(state.running).isEmpty)
    try record.append(facts().lines(ofConnection: 0))
    let text = try record.read()
    #expect(SandboxFacts(text) == facts())
    _ = consume record
  }

  enum Plant: CaseIterable { case symbolicLink, hardLink, directory, fifo }

  @Test("Something else in the place of a record counts as a damaged record", arguments: Plant.allCases)
  func planted(plant: Plant) throws {
    try makeDirectory(state.running)
    let other = scratch.path + "/other"
    _ = try OwnedDescriptor.open(other, O_WRONLY | O_CREAT, mode: 0o644)
    switch plant {
    case .symbolicLink: symlink(other, path)
    case .hardLink: Glibc.link(other, path)
    case .directory: mkdir(path, 0o755)
    case .fifo: mkfifo(path, 0o644)
    }
    #expect(try state.staleNames() == [name("web")])
    let reading = #expect(throws: NetworkError.self) { _ = try RecordText.read(path) }
    #expect("\(try #require(reading))".contains("is damaged"))
    let taking = #expect(throws: NetworkError.self) { _ = try SandboxRecord(takingOver: name("web"), at: path) }
    #expect("\(try #require(taking))".contains("is damaged"))
  }

  @Test("A record appears together with its content, and never as a name alone")
  func complete() throws {
    let file = try state.createRecord(
      facts().head, at: state.runningRecord(of: name("web")), in: state.running, locked: true)
    #expect(try directoryEntries(state.running) == ["web"])
    #expect(SandboxFacts(try RecordText.read(state.runningRecord(of: name("web")))) != nil)
    _ = consume file
  }

  @Test("The error for a record that cannot be read says what to do")
  func unreadable() throws {
    try makeDirectory(state.running)
    for (content, hint) in [
      ("", "nsrun cleanup"), ("garbage\n", "nsrun cleanup"), ("nsrun-record 7\n", "a newer nsrun"),
    ] {
      let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
      if !content.isEmpty { try file.write(content, path) }
      let error = #expect(throws: NetworkError.self) { try RecordText.read(path) }
      let text = "\(try #require(error))"
      #expect(text.contains(hint) && text.contains(path))
    }
  }
}

@Suite("The state directory")
struct StateDirectoryTests {
  private let scratch: Scratch
  private let state: StateDirectory

  init() throws {
    scratch = try Scratch()
    state = scratch.state
  }

  @Test("A lock makes the state directory, which others can only read, and which is removed once it is empty")
  func life() throws {
    #expect(try state.lockIfPresent(.exclusive) == nil)
    let lock = try state.lock(.exclusive)
    var status = stat()
    #expect(stat(state.path, &status) == 0 && status.st_mode & 0o7777 == 0o755)
    try makeDirectory(state.running)
    try makeDirectory(state.leases)
    state.removeIfEmpty(holding: lock)
    #expect(FileIdentity(path: state.path) == nil)
    // A lock on a deleted directory protects nothing, so the next lock is on a new directory.
    let next = try state.lock(.shared)
    #expect(FileIdentity(path: state.path) != nil)
    _ = consume lock
    _ = consume next
  }

  @Test("The state directory stays as long as something is in it")
  func inUse() throws {
    let lock = try state.lock(.exclusive)
    _ = try SandboxRecord(facts(), targets: [], in: state)
    state.removeIfEmpty(holding: lock)
    #expect(try directoryEntries(state.running) == ["web"])
  }

  @Test("A state directory to which others can write is not trusted", arguments: [0o775, 0o757, 0o777] as [UInt32])
  func untrusted(mode: UInt32) throws {
    mkdir(state.path, 0o700)
    chmod(state.path, mode)
    let error = #expect(throws: SystemError.self) { _ = try state.lock(.shared) }
    #expect(error?.errno == EPERM)
  }

  @Test("The state directory is not followed through a symbolic link")
  func link() throws {
    symlink("/tmp", state.path)
    #expect(throws: SystemError.self) { _ = try state.lock(.shared) }
  }
}
