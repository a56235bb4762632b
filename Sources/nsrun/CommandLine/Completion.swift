import Launch
import LinuxSystem
import Namespaces

/// The possible values of an option or operand, for a shell's completion.
enum Completion: Sendable, Equatable {
  case none
  case words([String])
  /// Every name in /run/netns.
  case namespaces
  case bridges
  case users
  case groups
  case capabilities
  case directories

  /// The candidates that nsrun itself knows.
  fileprivate var candidates: [String] {
    switch self {
    case .none, .directories: []
    case .words(let words): words
    case .namespaces:
      (try? directoryEntries("/run/netns"))?.sorted() ?? []
    case .bridges:
      (try? directoryEntries("/sys/class/net"))?.filter { FileIdentity(path: "/sys/class/net/\($0)/bridge") != nil }
        .sorted() ?? []
    case .users: (try? Accounts.ofMachine())?.userNames ?? []
    case .groups: (try? Accounts.ofMachine())?.groupNames ?? []
    case .capabilities: ["all"] + CapabilitySet.allNames
    }
  }
}

/// Answers the shells' completion scripts, which run `nsrun --complete WORDS`. The last word is incomplete.
///
/// The answer has a line for each candidate, in some cases with a tab and a description. `:directories` asks the shell
/// to complete a directory, `:command N` to complete the command that begins with word N.
struct CompletionAnswer {
  let lines: [String]

  var text: String { lines.map { "\($0)\n" }.joined() }

  init(to given: [String]) {
    let (words, isSplit) = Self.joined(given)
    let typed = words.last ?? ""
    let before = Array(words.dropLast())
    lines = Self.lines(before, typed, isSplit: isSplit)
  }

  /// bash splits `--net=br0` into three words.
  private static func joined(_ given: [String]) -> (words: [String], isSplit: Bool) {
    var words: [String] = []
    var isSplit = false
    for word in given {
      if let last = words.last, last.hasPrefix("--"), word == "=" || isSplit && last.hasSuffix("=") {
        words[words.count - 1] += word
        isSplit = true
      } else {
        isSplit = false
        words.append(word)
      }
    }
    return (words, isSplit)
  }

  private static func lines(_ before: [String], _ typed: String, isSplit: Bool) -> [String] {
    if before.isEmpty, !typed.hasPrefix("-") {
      let commands = Subcommand.all.map { ($0.name, $0.abstract) } + [("help", "Show the help of a command.")]
      return matching(commands, typed)
    }
    if before.first == "help" { return matching(Subcommand.all.map { ($0.name, $0.abstract) }, typed) }
    let named = before.first.flatMap { Subcommand.named($0) }
    let command = named ?? .standard
    if let end = before.firstIndex(of: "--") {
      return command.takesCommand ? [":command \(end + 1)"] : answer(command.operandCompletion, typed)
    }
    if let equals = typed.firstIndex(of: "="), let option = command.option(String(typed[..<equals])) {
      let value = String(typed[typed.index(after: equals)...])
      return answer(option.completion, value, prefix: isSplit ? "" : "--\(option.name)=")
    }
    if let option = before.last.flatMap({ command.option($0) }), option.takesValue {
      return answer(option.completion, typed)
    }
    if !typed.hasPrefix("-") {
      let operands = answer(command.operandCompletion, typed)
      if !operands.isEmpty { return operands }
    }
    let options = command.options.filter { !$0.isHidden }.flatMap { option in
      option.spellings.filter { $0.hasPrefix("--") }.map { ($0, option.help) }
    }
    let end = command.takesCommand ? [("--", "The command follows.")] : []
    return matching(options + Help.common.map { (String($0.0.split(separator: " ").last!), $0.1) } + end, typed)
  }

  private static func answer(_ completion: Completion, _ typed: String, prefix: String = "") -> [String] {
    if completion == .directories { return [":directories"] }
    // Any user may choose the name of a file, so leave out names that a terminal would obey.
    return completion.candidates.filter { $0.hasPrefix(typed) && Terminal.plain($0) == $0 }.map { prefix + $0 }
  }

  private static func matching(_ candidates: [(String, String)], _ typed: String) -> [String] {
    candidates.filter { $0.0.hasPrefix(typed) }.map { "\($0.0)\t\($0.1)" }
  }
}

extension Subcommand {
  fileprivate var operandCompletion: Completion {
    switch operands {
    case .none: .none
    case .one(let completion), .oneOrMore(let completion): completion
    }
  }
}

/// The scripts that make a shell ask nsrun for completions, printed by `nsrun --completion-script SHELL`.
enum CompletionScript: String, CaseIterable {
  case bash, zsh, fish

  var text: String {
    switch self {
    case .bash:
      #"""
      _nsrun() {
        local line current=${COMP_WORDS[COMP_CWORD]}
        [[ $current == "=" ]] && current=
        COMPREPLY=()
        while IFS= read -r line; do
          case $line in
            :directories) compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
            :command*)
              if declare -F _comp_command_offset > /dev/null; then
                _comp_command_offset $((${line#:command } + 1))
              elif declare -F _command_offset > /dev/null; then
                _command_offset $((${line#:command } + 1))
              else
                compopt -o default 2> /dev/null
              fi ;;
            *) COMPREPLY+=("${line%%$'\t'*}") ;;
          esac
        done < <("${COMP_WORDS[0]}" --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)
      }
      complete -F _nsrun nsrun
      """#
    case .zsh:
      #"""
      #compdef nsrun
      _nsrun() {
        local line
        local -a candidates
        for line in "${(@f)$($words[1] --complete "${(@)words[2,CURRENT]}" 2> /dev/null)}"; do
          case $line in
            '') ;;
            :directories) _files -/ ;;
            :command*) shift $((${line#:command } + 1)) words; (( CURRENT -= ${line#:command } + 1 )); _normal ;;
            *$'\t'*) candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
            *) candidates+=("${line//:/\\:}") ;;
          esac
        done
        (( $#candidates )) && _describe nsrun candidates
      }
      _nsrun "$@"
      """#
    case .fish:
      #"""
      function __nsrun_complete
        set -l before (commandline -opc)
        set -l current (commandline -ct)
        for line in ($before[1] --complete $before[2..-1] "$current" 2> /dev/null)
          switch $line
            case ':directories'
              __fish_complete_directories "$current"
            case ':command*'
              set -l command $before[(math (string replace ':command ' '' -- $line) + 2)..-1]
              complete -C (string join ' ' -- (string escape -- $command) "$current")
            case '*'
              echo $line
          end
        end
      end
      complete -c nsrun -f -a '(__nsrun_complete)'
      """#
    }
  }
}
