import Testing
import Netlink
@testable import NFTables
