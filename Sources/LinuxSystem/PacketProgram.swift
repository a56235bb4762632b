/// A classic BPF program that filters packets (struct sock_filter in linux/filter.h), built instruction by instruction,
/// with labels as jump targets.
///
/// The machine has an accumulator, an index register and 16 words of memory. All jumps lead forward, so every program
/// ends. Loads read the packet in network byte order. A load beyond the end of the packet ends the program with the
/// value 0.
public struct PacketProgram: Equatable, Sendable {
  /// The number of bytes that a load reads from the packet.
  public enum Width: UInt16, Sendable {
    /// Four bytes (BPF_W).
    case word = 0x00
    /// Two bytes (BPF_H).
    case half = 0x08
    /// One byte (BPF_B).
    case byte = 0x10
  }

  /// A test of the accumulator.
  public enum Condition: Equatable, Sendable {
    case equal(UInt32)
    case greater(UInt32)
    /// Whether any of these bits is set.
    case anyBit(UInt32)
    /// Whether it is greater than or equal to the index.
    case atLeastIndex

    fileprivate var code: UInt16 {
      switch self {
      case .equal: 0x15
      case .greater: 0x25
      case .anyBit: 0x45
      case .atLeastIndex: 0x3d
      }
    }

    fileprivate var value: UInt32 {
      switch self {
      case .equal(let value), .greater(let value), .anyBit(let value): value
      case .atLeastIndex: 0
      }
    }
  }

  /// An operation on the accumulator.
  public enum Operation: Equatable, Sendable {
    case add(UInt32)
    case addIndex
    case subtract(UInt32)
    case and(UInt32)
    case shiftLeft(UInt32)
    case shiftRight(UInt32)

    fileprivate var instruction: (code: UInt16, value: UInt32) {
      switch self {
      case .add(let value): (0x04, value)
      case .addIndex: (0x0c, 0)
      case .subtract(let value): (0x14, value)
      case .and(let value): (0x54, value)
      case .shiftLeft(let value): (0x64, value)
      case .shiftRight(let value): (0x74, value)
      }
    }
  }

  /// A jump target. All jumps to it come before it.
  public struct Label: Equatable, Sendable {
    fileprivate let number: Int
  }

  private struct Instruction: Equatable {
    var code: UInt16
    var ifTrue: UInt8 = 0
    var ifFalse: UInt8 = 0
    var value: UInt32
  }

  private struct Jump: Equatable {
    var instruction: Int
    var label: Int
    var isIfTrue: Bool
  }

  private var instructions: [Instruction] = []
  private var labels = 0
  /// The jumps whose labels are not placed yet.
  private var jumps: [Jump] = []

  /// A program without instructions, which the kernel refuses.
  public init() {
    instructions.reserveCapacity(160)
  }

  /// The number of instructions. The kernel accepts up to 4,096.
  public var count: Int { instructions.count }

  /// The program as the kernel expects it, in host byte order.
  public var bytes: [UInt8] {
    precondition(jumps.isEmpty, "a jump leads nowhere")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 * instructions.count)
    for instruction in instructions {
      withUnsafeBytes(of: instruction.code) { bytes.append(contentsOf: $0) }
      bytes.append(instruction.ifTrue)
      bytes.append(instruction.ifFalse)
      withUnsafeBytes(of: instruction.value) { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  // MARK: Instructions

  private mutating func append(_ code: UInt16, _ value: UInt32 = 0) {
    instructions.append(Instruction(code: code, value: value))
  }

  /// Loads from the packet into the accumulator.
  /// - Parameter offset: in bytes from the start of the packet.
  public mutating func load(_ width: Width, at offset: UInt32) { append(0x20 | width.rawValue, offset) }

  /// Loads from the packet into the accumulator.
  /// - Parameter offset: in bytes from the position that the index holds.
  public mutating func load(_ width: Width, fromIndex offset: UInt32) { append(0x40 | width.rawValue, offset) }

  /// Loads a word of memory (0...15) into the accumulator.
  public mutating func loadMemory(_ place: UInt32) { append(0x60, place) }

  /// Stores the accumulator in a word of memory (0...15).
  public mutating func storeMemory(_ place: UInt32) { append(0x02, place) }

  /// Sets the index to a value.
  public mutating func setIndex(_ value: UInt32) { append(0x01, value) }

  /// Copies the accumulator to the index.
  public mutating func setIndex() { append(0x07) }

  /// Copies the index to the accumulator.
  public mutating func loadIndex() { append(0x87) }

  /// Changes the accumulator, modulo 2^32.
  public mutating func compute(_ operation: Operation) {
    let (code, value) = operation.instruction
    append(code, value)
  }

  /// Ends the program with a value.
  public mutating func end(_ value: UInt32) { append(0x06, value) }

  // MARK: Jumps

  /// A new label, not placed yet.
  public mutating func label() -> Label {
    labels += 1
    return Label(number: labels)
  }

  /// Places a label before the next instruction.
  public mutating func place(_ label: Label) {
    var open: [Jump] = []
    for jump in jumps {
      guard jump.label == label.number else {
        open.append(jump)
        continue
      }
      let distance = instructions.count - jump.instruction - 1
      precondition(distance <= UInt8.max, "a conditional jump is too long")
      if jump.isIfTrue {
        instructions[jump.instruction].ifTrue = UInt8(distance)
      } else {
        instructions[jump.instruction].ifFalse = UInt8(distance)
      }
    }
    jumps = open
  }

  /// Jumps if the condition holds.
  public mutating func jump(if condition: Condition, to label: Label) {
    jumps.append(Jump(instruction: instructions.count, label: label.number, isIfTrue: true))
    append(condition.code, condition.value)
  }

  /// Jumps if the condition does not hold.
  public mutating func jump(unless condition: Condition, to label: Label) {
    jumps.append(Jump(instruction: instructions.count, label: label.number, isIfTrue: false))
    append(condition.code, condition.value)
  }
}
