import TestHost
import Testing

extension CommandTests {
  /// The udev rules that are installed, evaluated for links as the kernel has them.
  @Suite("Network managers") struct NetworkManagersTests {
    /// Reads the rules outside of the throwaway host, which has another /tmp.
    private static func rules() throws -> String {
      let top = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
      let path = "\(top)/Sources/Integration/80-nsrun.rules"
      return try HostCommand(["cat", path], environment: ["PATH": "/usr/bin:/bin"], title: path).finish().output
    }

    /// Prints what the rules on standard input assign to a link: those whose conditions (`KEY=="pattern"`) all hold for
    /// it.
    private static func assigned(to link: String) -> String {
      """
      link=\(link)
      grep -v '^#' | grep NM_UNMANAGED | while read -r rule; do
        holds=yes
        while read -r key pattern; do
          case $key in
            KERNEL) value=$link ;;
            ATTR*) value=$(cat /sys/class/net/$link/${key:5:-1}) ;;
            ENV*) value=$(sed -n "s/^${key:4:-1}=//p" /sys/class/net/$link/uevent) ;;
            *) echo "unknown: $key"; value= ;;
          esac
          [[ $value == $pattern ]] || holds=no
        done < <(grep -oE '[^ ,]+=="[^"]*"' <<< "$rule" | sed -E 's/^(.*)=="(.*)"$/\\1 \\2/')
        [ $holds = no ] || grep -oE 'ENV[{][A-Z_]+[}]="[^"]*"' <<< "$rule"
      done
      """
    }

    @Test("The udev rules keep network managers away from nsrun's links from the start, and from no other links")
    func links() throws {
      let preparation = """
        ip link add brf type bridge; ip link add v0 type veth peer name v1; ip link add nsrun-mine type bridge
        ip link set v0 name nsrun-theirs
        """
      let rules = try Self.rules()
      try onHost(preparation) { (host) throws in
        try host.must("nsrun create one --net br0; nsrun create two --net brf --ip 10.5.0.2/24 --gateway 10.5.0.1")
        let ours = try host.must("grep -l nsrun /sys/class/net/*/ifalias | cut -d/ -f5").split(separator: "\n").map(
          String.init)
        #expect(ours.count == 3 && ours.contains("br0"))
        for link in ours {
          #expect(
            try host.must(Self.assigned(to: link), input: rules)
              == "ENV{ID_NET_MANAGED_BY}=\"nsrun\"\nENV{NM_UNMANAGED}=\"1\"")
          // The request that made the link gave its name and address (NET_NAME_USER, NET_ADDR_SET), so udev leaves
          // them.
          #expect(try host.must("cat /sys/class/net/\(link)/{name_assign_type,addr_assign_type}") == "3\n3")
        }
        for link in ["brf", "nsrun-theirs", "v1", "nsrun-mine", "up0", "lo"] {
          #expect(try host.must(Self.assigned(to: link), input: rules) == "")
        }
        try host.must("nsrun rm one two")
      }
    }
  }
}
