import FoundationEssentials
import Glibc

/// What a shell command prints on standard output, and the status it ends with.
func output(of command: String) -> (text: String, status: Int32) {
  guard let pipe = popen(command, "r") else { return ("", -1) }
  var bytes: [UInt8] = []
  while case let byte = fgetc(pipe), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
  let status = pclose(pipe)
  return (String(decoding: bytes, as: UTF8.self), status)
}

/// Where a file of the repository is, by its path from the top.
func repositoryPath(_ path: String) -> String {
  let top = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
  return "\(top)/\(path)"
}

/// What is in a file of the repository.
func repositoryFile(_ path: String) throws -> String {
  try String(contentsOfFile: repositoryPath(path), encoding: .utf8)
}
