import Netlink

/// Changes that the kernel makes all together, in this order, or not at all.
///
/// A change can refer to an object that an earlier change makes.
public struct Transaction: Sendable {
  private(set) var batch = RequestBatch()
  /// The sets made here. Later rules refer to them by their ids.
  private var setIDs: [(table: Table, name: String, id: UInt32)] = []

  /// The maximum size in bytes of the elements in one message. An attribute cannot be longer than 65,535.
  private static let elementListLimit = 60_000

  public init() {
    batch.append(
      type: NFNL_MSG_BATCH_BEGIN, flags: [], operation: "change nftables", subject: "", opensTransaction: true
    ) { NetfilterHeader.write(family: 0, resource: NFNL_SUBSYS_NFTABLES, to: &$0) }
  }

  /// Whether there is nothing to change.
  public var isEmpty: Bool { batch.count == 1 }

  /// The requests and the message that ends the transaction.
  consuming func sealed() -> RequestBatch {
    batch.appendUnanswered(type: NFNL_MSG_BATCH_END) {
      NetfilterHeader.write(family: 0, resource: NFNL_SUBSYS_NFTABLES, to: &$0)
    }
    return batch
  }

  private mutating func append(
    _ type: UInt16, _ flags: MessageFlags, _ operation: String, _ subject: String, _ family: TableFamily,
    _ body: (inout MessageBuffer) -> Void
  ) {
    batch.append(type: NFNL_SUBSYS_NFTABLES << 8 | type, flags: flags, operation: operation, subject: subject) {
      NetfilterHeader.write(family: family.rawValue, to: &$0)
      body(&$0)
    }
  }

  // MARK: Tables

  /// Makes a table, or leaves an existing one as it is.
  public mutating func add(_ table: Table) {
    append(NFT_MSG_NEWTABLE, [], "add table", "\(table)", table.family) { table.write(to: &$0) }
  }

  /// Makes a table; fails with EEXIST if it exists.
  public mutating func create(_ table: Table) {
    append(NFT_MSG_NEWTABLE, [.create, .exclusive], "create table", "\(table)", table.family) { table.write(to: &$0) }
  }

  /// Deletes a table with its contents; fails with ENOENT if it does not exist.
  public mutating func delete(_ table: Table) {
    append(NFT_MSG_DELTABLE, [], "delete table", "\(table)", table.family) {
      $0.attribute(NFTA_TABLE_NAME, string: table.name)
    }
  }

  /// Deletes a table with its contents, if it exists. (Works before Linux 6.3, which has a request for this.)
  public mutating func destroy(_ table: Table) {
    add(Table(table.family, table.name))
    delete(table)
  }

  // MARK: Chains

  /// Makes a chain. An existing chain changes only its policy.
  public mutating func add(_ chain: Chain) {
    append(NFT_MSG_NEWCHAIN, .create, "add chain", "\(chain)", chain.table.family) { chain.write(to: &$0) }
  }

  /// Makes a chain; fails with EEXIST if it exists.
  public mutating func create(_ chain: Chain) {
    append(NFT_MSG_NEWCHAIN, [.create, .exclusive], "create chain", "\(chain)", chain.table.family) {
      chain.write(to: &$0)
    }
  }

  /// Deletes a chain with its rules; fails with ENOENT if it does not exist, and with EBUSY while something jumps to
  /// it.
  public mutating func delete(_ chain: Chain) {
    append(NFT_MSG_DELCHAIN, [], "delete chain", "\(chain)", chain.table.family) {
      $0.attribute(NFTA_CHAIN_TABLE, string: chain.table.name)
      $0.attribute(NFTA_CHAIN_NAME, string: chain.name)
    }
  }

  /// Deletes all rules of a chain.
  public mutating func flush(_ chain: Chain) {
    append(NFT_MSG_DELRULE, [], "flush chain", "\(chain)", chain.table.family) {
      $0.attribute(NFTA_RULE_TABLE, string: chain.table.name)
      $0.attribute(NFTA_RULE_CHAIN, string: chain.name)
    }
  }

  // MARK: Rules

  /// Adds a rule at the end of its chain, or after the rule at its position.
  public mutating func add(_ rule: Rule) { new(rule, [.create, .append], "add rule") }

  /// Inserts a rule at the start of its chain, or before the rule at its position.
  public mutating func insert(_ rule: Rule) { new(rule, .create, "insert rule") }

  private mutating func new(_ rule: Rule, _ flags: MessageFlags, _ operation: String) {
    let sets = setIDs
    append(NFT_MSG_NEWRULE, flags, operation, "\(rule)", rule.chain.table.family) {
      rule.write(to: &$0) { name in sets.first { $0.name == name && $0.table == rule.chain.table }?.id }
    }
  }

  /// Deletes a rule.
  /// - Precondition: the rule was listed, and so has a handle.
  public mutating func delete(_ rule: Rule) {
    guard let handle = rule.handle else { preconditionFailure("a rule is deleted by its handle") }
    append(NFT_MSG_DELRULE, [], "delete rule", "\(rule)", rule.chain.table.family) {
      $0.attribute(NFTA_RULE_TABLE, string: rule.chain.table.name)
      $0.attribute(NFTA_RULE_CHAIN, string: rule.chain.name)
      $0.attribute(NFTA_RULE_HANDLE, bigEndian: handle)
    }
  }

  // MARK: Sets

  /// Makes a set, or leaves an existing one of the same kind as it is.
  public mutating func add(_ set: NFTSet) { new(set, .create, "add set") }

  /// Makes a set; fails with EEXIST if it exists.
  public mutating func create(_ set: NFTSet) { new(set, [.create, .exclusive], "create set") }

  private mutating func new(_ set: NFTSet, _ flags: MessageFlags, _ operation: String) {
    let id = UInt32(setIDs.count + 1)
    setIDs.append((set.table, set.name, id))
    append(NFT_MSG_NEWSET, flags, operation, "\(set)", set.table.family) { set.write(id: id, to: &$0) }
  }

  /// Deletes a set with its elements; fails with ENOENT if it does not exist, and with EBUSY while a rule uses it.
  public mutating func delete(_ set: NFTSet) {
    append(NFT_MSG_DELSET, [], "delete set", "\(set)", set.table.family) {
      $0.attribute(NFTA_SET_TABLE, string: set.table.name)
      $0.attribute(NFTA_SET_NAME, string: set.name)
    }
  }

  /// Deletes all elements of a set.
  public mutating func flush(_ set: NFTSet) {
    append(NFT_MSG_DELSETELEM, [], "flush set", "\(set)", set.table.family) {
      $0.attribute(NFTA_SET_ELEM_LIST_SET, string: set.name)
      $0.attribute(NFTA_SET_ELEM_LIST_TABLE, string: set.table.name)
    }
  }

  // MARK: Elements

  /// Adds elements, and leaves existing ones as they are. Fails with EBUSY or EEXIST if a map has another value for a
  /// key, and with EEXIST if intervals overlap.
  public mutating func add(_ elements: [SetElement], to set: NFTSet) {
    list(elements, of: set, NFT_MSG_NEWSETELEM, .create, "add set element")
  }

  /// Adds elements; fails with EEXIST if one exists.
  public mutating func create(_ elements: [SetElement], in set: NFTSet) {
    list(elements, of: set, NFT_MSG_NEWSETELEM, [.create, .exclusive], "create set element")
  }

  /// Deletes elements by their keys; fails with ENOENT if one does not exist.
  public mutating func delete(_ elements: [SetElement], from set: NFTSet) {
    list(elements, of: set, NFT_MSG_DELSETELEM, [], "delete set element")
  }

  /// Deletes those of the elements that exist. Elements of a map must have the same values as in the map (else EEXIST
  /// or EBUSY).
  public mutating func destroy(_ elements: [SetElement], from set: NFTSet) {
    add(elements, to: set)
    delete(elements, from: set)
  }

  private mutating func list(
    _ elements: [SetElement], of set: NFTSet, _ type: UInt16, _ flags: MessageFlags, _ operation: String
  ) {
    let isDeletion = type == NFT_MSG_DELSETELEM
    let id = isDeletion ? nil : setIDs.first { $0.name == set.name && $0.table == set.table }?.id
    var rest = elements[...]
    while !rest.isEmpty {
      append(type, flags, operation, "\(set)", set.table.family) {
        $0.attribute(NFTA_SET_ELEM_LIST_TABLE, string: set.table.name)
        $0.attribute(NFTA_SET_ELEM_LIST_SET, string: set.name)
        if let id { $0.attribute(NFTA_SET_ELEM_LIST_SET_ID, bigEndian: id) }
        $0.nested(NFTA_SET_ELEM_LIST_ELEMENTS) { list in
          let limit = list.bytes.count + Self.elementListLimit
          var index: UInt16 = 0
          while list.bytes.count < limit, let element = rest.popFirst() {
            element.write(for: set, index: &index, isDeletion: isDeletion, to: &list)
          }
        }
      }
    }
  }
}
