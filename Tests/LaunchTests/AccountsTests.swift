import Testing

@testable import Launch

@Suite("Users and groups")
struct AccountsTests {
  private let accounts = Accounts(
    passwd: """
      root:x:0:0:root:/root:/bin/bash
      # comment:x:1:1::/:/bin/sh
      +::::::
      +nis:x:7:7::/:/bin/sh
      short:x:8:8:/:/bin/sh
      text:x:eight:8::/:/bin/sh
      negative:x:-1:8::/:/bin/sh
      greatest:x:4294967295:8::/:/bin/sh
      too-great:x:4294967296:8::/:/bin/sh
      ann:x:1000:100:Ann,,,:/home/ann:/bin/zsh
      1001:x:2000:2000::/home/number:/bin/sh
      bare:x:3000:3000:::
      ann:x:4000:4000::/second:/bin/sh
      """,
    group: """
      root:x:0:
      users:x:100:
      wheel:x:10:root,ann
      video:x:44:bob,ann,ann
      extra:x:100:ann
      annex:x:45:annex
      bad:x:y:ann
      short:x:46
      """)

  @Test("A user has its primary group, and then each group that lists it, once")
  func user() throws {
    let ann = try accounts.identity("ann")
    #expect(ann.user == Accounts.User(name: "ann", id: 1000, group: 100, home: "/home/ann", shell: "/bin/zsh"))
    #expect(ann.group == 100 && ann.groups == [100, 10, 44])
    #expect(
      ann.user.variables.elementsEqual(
        [("HOME", "/home/ann"), ("USER", "ann"), ("LOGNAME", "ann"), ("SHELL", "/bin/zsh")], by: ==))
    #expect(try accounts.identity("1000") == ann)
  }

  @Test("Another primary group takes the place of the user's own")
  func group() throws {
    for text in ["ann:video", "ann:44", "1000:44"] {
      let ann = try accounts.identity(text)
      #expect(ann.group == 44 && ann.groups == [44, 10, 100])
    }
    #expect(try accounts.identity("ann", group: 7).groups == [7, 10, 44, 100])
    #expect(try accounts.identity("ann:8", group: 7).group == 8)
    #expect(try accounts.group("wheel") == 10)
    #expect(try accounts.group("77") == 77)
  }

  @Test("A number without an entry is a user whose group has the same number, and whose home is /")
  func number() throws {
    let nobody = try accounts.identity("4711")
    #expect(nobody.user == Accounts.User(name: "4711", id: 4711, group: 4711, home: "/", shell: "/bin/sh"))
    #expect(nobody.groups == [4711])
    #expect(try accounts.identity("4711:wheel").groups == [10])
  }

  @Test("A name takes precedence over a number")
  func numberAsName() throws { #expect(try accounts.identity("1001").user.id == 2000) }

  @Test("A user without a home directory or a shell has / and /bin/sh")
  func bare() throws {
    let bare = try accounts.identity("bare").user
    #expect(bare.home == "/" && bare.shell == "/bin/sh")
  }

  @Test("A user id has the name of its first entry, or none")
  func name() {
    #expect(accounts.name(of: 0) == "root")
    #expect(accounts.name(of: 1000) == "ann")
    #expect(accounts.name(of: 4711) == nil)
  }

  @Test(
    "An identity that no valid line lists is refused",
    arguments: [
      "", ":", ":wheel", "ann:", "bob", "short", "text", "negative", "greatest", "too-great", "+", "+nis", "# comment",
      "-1", "+5", "0x5", "4294967295", "4294967296", "ann:nosuch", "ann:-1", "ann:4294967295", "ann:bad", "ann:short",
      "٣", "ann:wheel:video",
    ])
  func refused(text: String) {
    #expect(throws: Identity.Invalid.self) { try accounts.identity(text) }
  }

  @Test("The variables of sudo tell who called it")
  func caller() throws {
    let sudo = ["SUDO_UID": "1000", "SUDO_GID": "44", "SUDO_USER": "ann"]
    let ann = try #require(accounts.caller { sudo[$0] })
    #expect(ann.user.name == "ann" && ann.group == 44 && ann.groups == [44, 10, 100])
    #expect(accounts.caller({ sudo[$0] }, group: 7)?.group == 7)
    // A user that only a directory service knows.
    let remote = ["SUDO_UID": "70000", "SUDO_GID": "70001", "SUDO_USER": "annex"]
    let annex = try #require(accounts.caller { remote[$0] })
    #expect(annex.user.name == "annex" && annex.user.home == "/" && annex.groups == [70001, 45])
    #expect(accounts.caller { _ in nil } == nil)
    #expect(accounts.caller { $0 == "SUDO_UID" ? "-1" : nil } == nil)
    #expect(accounts.caller { $0 == "SUDO_UID" ? "" : nil } == nil)
  }

  @Test("Files without valid entries list no users and no groups", arguments: ["", "\n\n", ":::", "::::::", "root"])
  func empty(text: String) {
    let accounts = Accounts(passwd: text, group: text)
    #expect(accounts.name(of: 0) == nil)
    #expect(throws: Identity.Invalid.self) { try accounts.group("root") }
  }
}
