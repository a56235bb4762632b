import Glibc
import TestHost
import Testing

/// Whether make has built what make install installs.
private let isBuilt = access(repositoryPath(".build/release/nsrun"), X_OK) == 0

@Suite("make install")
struct InstallationTests {
  /// Runs make independently of a make that runs the tests, and without building anything.
  private func make(_ target: String, in directory: String) -> (text: String, status: Int32) {
    output(
      of:
        "cd '\(repositoryPath(""))' && env -u MAKEFLAGS -u MAKELEVEL make -s \(target) SWIFT=none DESTDIR='\(directory)' 2>&1"
    )
  }

  @Test(
    "make install puts all files where programs look for them, and make uninstall removes them",
    .enabled(if: isBuilt, "make has built nothing yet"))
  func installed() throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.path
    let installation = make("install", in: directory)
    #expect(installation.status == 0, "\(installation.text)")
    let files = output(of: "cd '\(directory)/usr/local' && find . -type f -printf '%m %P\\n' | sort -k2").text
    #expect(
      files == """
        755 bin/nsrun
        644 lib/systemd/network/05-nsrun.network
        644 lib/udev/rules.d/80-nsrun.rules
        644 share/bash-completion/completions/nsrun
        644 share/fish/vendor_completions.d/nsrun.fish
        644 share/man/man8/nsrun.8
        644 share/zsh/site-functions/_nsrun

        """)
    #expect(make("uninstall", in: directory).status == 0)
    #expect(output(of: "find '\(directory)' -type f").text == "")
  }
}
