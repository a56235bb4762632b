extension Wide {
  /// What nft 1.0.6 sends for the table, its chains, sets and elements, captured from its sendmsg calls, with these
  /// changes: sequence numbers are 0; the userdata of keys of several parts lacks the empty `typeof` (03 08 00 04 0d 00
  /// 00 00 01 00); and the messages are left out that begin with the end of an interval without a start, which nft
  /// sends with the first elements of a set.
  static let goldenObjects = """
    14 00 00 00  // nlmsg_len 20
    10 00  // nlmsg_type NFNL_MSG_BATCH_BEGIN
    01 00  // nlmsg_flags NLM_F_REQUEST
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    00 00 00 0a  // nfgenmsg

    24 00 00 00  // nlmsg_len 36
    00 0a  // nlmsg_type NFT_MSG_NEWTABLE
    01 00  // nlmsg_flags NLM_F_REQUEST
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_TABLE_NAME "t"
      08 00 02 00 00 00 00 00  // NFTA_TABLE_FLAGS 0

    34 00 00 00  // nlmsg_len 52
    03 0a  // nlmsg_type NFT_MSG_NEWCHAIN
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_CHAIN_TABLE "t"
      06 00 03 00 63 00 00 00  // NFTA_CHAIN_NAME "c"
      0e 00 0c 00 00 08 61 20 63 68 61 69 6e 00 00 00  // NFTA_CHAIN_USERDATA

    48 00 00 00  // nlmsg_len 72
    03 0a  // nlmsg_type NFT_MSG_NEWCHAIN
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_CHAIN_TABLE "t"
      08 00 03 00 70 72 65 00  // NFTA_CHAIN_NAME "pre"
      08 00 07 00 6e 61 74 00  // NFTA_CHAIN_TYPE "nat"
      08 00 05 00 00 00 00 01  // NFTA_CHAIN_POLICY 1
      14 00 04 80  // NFTA_CHAIN_HOOK
        08 00 01 00 00 00 00 00  // NFTA_HOOK_HOOKNUM 0
        08 00 02 00 ff ff ff 9c  // NFTA_HOOK_PRIORITY 4294967196

    4c 00 00 00  // nlmsg_len 76
    03 0a  // nlmsg_type NFT_MSG_NEWCHAIN
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_CHAIN_TABLE "t"
      09 00 03 00 70 6f 73 74 00 00 00 00  // NFTA_CHAIN_NAME "post"
      08 00 07 00 6e 61 74 00  // NFTA_CHAIN_TYPE "nat"
      08 00 05 00 00 00 00 01  // NFTA_CHAIN_POLICY 1
      14 00 04 80  // NFTA_CHAIN_HOOK
        08 00 01 00 00 00 00 04  // NFTA_HOOK_HOOKNUM 4
        08 00 02 00 00 00 00 64  // NFTA_HOOK_PRIORITY 100

    4c 00 00 00  // nlmsg_len 76
    03 0a  // nlmsg_type NFT_MSG_NEWCHAIN
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_CHAIN_TABLE "t"
      07 00 03 00 69 6e 00 00  // NFTA_CHAIN_NAME "in"
      0b 00 07 00 66 69 6c 74 65 72 00 00  // NFTA_CHAIN_TYPE "filter"
      08 00 05 00 00 00 00 00  // NFTA_CHAIN_POLICY 0
      14 00 04 80  // NFTA_CHAIN_HOOK
        08 00 01 00 00 00 00 01  // NFTA_HOOK_HOOKNUM 1
        08 00 02 00 00 00 00 00  // NFTA_HOOK_PRIORITY 0

    54 00 00 00  // nlmsg_len 84
    09 0a  // nlmsg_type NFT_MSG_NEWSET
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_TABLE "t"
      0a 00 02 00 70 6f 72 74 73 00 00 00  // NFTA_SET_NAME "ports"
      08 00 03 00 00 00 00 04  // NFTA_SET_FLAGS 4
      08 00 04 00 00 00 00 0d  // NFTA_SET_KEY_TYPE 13
      08 00 05 00 00 00 00 02  // NFTA_SET_KEY_LEN 2
      08 00 0a 00 00 00 00 01  // NFTA_SET_ID 1
      0a 00 0d 00 00 04 02 00 00 00 00 00  // NFTA_SET_USERDATA

    54 00 00 00  // nlmsg_len 84
    09 0a  // nlmsg_type NFT_MSG_NEWSET
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_TABLE "t"
      09 00 02 00 6e 65 74 73 00 00 00 00  // NFTA_SET_NAME "nets"
      08 00 03 00 00 00 00 04  // NFTA_SET_FLAGS 4
      08 00 04 00 00 00 00 07  // NFTA_SET_KEY_TYPE 7
      08 00 05 00 00 00 00 04  // NFTA_SET_KEY_LEN 4
      08 00 0a 00 00 00 00 02  // NFTA_SET_ID 2
      0a 00 0d 00 00 04 02 00 00 00 00 00  // NFTA_SET_USERDATA

    74 00 00 00  // nlmsg_len 116
    09 0a  // nlmsg_type NFT_MSG_NEWSET
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_TABLE "t"
      0a 00 02 00 70 61 69 72 73 00 00 00  // NFTA_SET_NAME "pairs"
      08 00 03 00 00 00 00 84  // NFTA_SET_FLAGS 132
      08 00 04 00 00 00 01 cd  // NFTA_SET_KEY_TYPE 461
      08 00 05 00 00 00 00 08  // NFTA_SET_KEY_LEN 8
      08 00 0a 00 00 00 00 03  // NFTA_SET_ID 3
      20 00 09 80  // NFTA_SET_DESC
        1c 00 02 80  // NFTA_SET_DESC_CONCAT
          0c 00 01 80  // NFTA_LIST_ELEM
            08 00 01 00 00 00 00 04  // NFTA_SET_FIELD_LEN 4
          0c 00 01 80  // NFTA_LIST_ELEM
            08 00 01 00 00 00 00 02  // NFTA_SET_FIELD_LEN 2
      0a 00 0d 00 00 04 00 00 00 00 00 00  // NFTA_SET_USERDATA

    6c 00 00 00  // nlmsg_len 108
    09 0a  // nlmsg_type NFT_MSG_NEWSET
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_TABLE "t"
      0a 00 02 00 6e 65 74 73 36 00 00 00  // NFTA_SET_NAME "nets6"
      08 00 03 00 00 00 00 14  // NFTA_SET_FLAGS 20
      08 00 04 00 00 00 00 08  // NFTA_SET_KEY_TYPE 8
      08 00 05 00 00 00 00 10  // NFTA_SET_KEY_LEN 16
      08 00 0a 00 00 00 00 04  // NFTA_SET_ID 4
      0c 00 09 80  // NFTA_SET_DESC
        08 00 01 00 00 00 04 00  // NFTA_SET_DESC_SIZE 1024
      0c 00 0b 00 00 00 00 00 05 26 5c 00  // NFTA_SET_TIMEOUT 86400000
      0a 00 0d 00 00 04 02 00 00 00 00 00  // NFTA_SET_USERDATA

    58 00 00 00  // nlmsg_len 88
    09 0a  // nlmsg_type NFT_MSG_NEWSET
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_TABLE "t"
      0d 00 02 00 73 65 72 76 69 63 65 73 00 00 00 00  // NFTA_SET_NAME "services"
      08 00 03 00 00 00 00 00  // NFTA_SET_FLAGS 0
      08 00 04 00 00 00 03 0d  // NFTA_SET_KEY_TYPE 781
      08 00 05 00 00 00 00 08  // NFTA_SET_KEY_LEN 8
      08 00 0a 00 00 00 00 05  // NFTA_SET_ID 5
      0a 00 0d 00 00 04 00 00 00 00 00 00  // NFTA_SET_USERDATA

    5c 00 00 00  // nlmsg_len 92
    09 0a  // nlmsg_type NFT_MSG_NEWSET
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_TABLE "t"
      0a 00 02 00 6d 61 72 6b 73 00 00 00  // NFTA_SET_NAME "marks"
      08 00 03 00 00 00 00 00  // NFTA_SET_FLAGS 0
      08 00 04 00 00 00 00 13  // NFTA_SET_KEY_TYPE 19
      08 00 05 00 00 00 00 04  // NFTA_SET_KEY_LEN 4
      08 00 0a 00 00 00 00 06  // NFTA_SET_ID 6
      12 00 0d 00 00 04 01 00 00 00 07 06 6d 61 72 6b 73 00 00 00  // NFTA_SET_USERDATA

    74 00 00 00  // nlmsg_len 116
    09 0a  // nlmsg_type NFT_MSG_NEWSET
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_TABLE "t"
      0e 00 02 00 70 75 62 6c 69 73 68 65 64 00 00 00  // NFTA_SET_NAME "published"
      08 00 03 00 00 00 00 08  // NFTA_SET_FLAGS 8
      08 00 04 00 00 00 03 0d  // NFTA_SET_KEY_TYPE 781
      08 00 05 00 00 00 00 08  // NFTA_SET_KEY_LEN 8
      08 00 06 00 00 00 01 cd  // NFTA_SET_DATA_TYPE 461
      08 00 07 00 00 00 00 08  // NFTA_SET_DATA_LEN 8
      08 00 0a 00 00 00 00 07  // NFTA_SET_ID 7
      16 00 0d 00 00 04 00 00 00 00 01 04 00 00 00 00 06 04 00 00 00 00 00 00  // NFTA_SET_USERDATA

    74 00 00 00  // nlmsg_len 116
    09 0a  // nlmsg_type NFT_MSG_NEWSET
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_TABLE "t"
      0f 00 02 00 70 75 62 6c 69 73 68 65 64 36 00 00  // NFTA_SET_NAME "published6"
      08 00 03 00 00 00 00 08  // NFTA_SET_FLAGS 8
      08 00 04 00 00 00 00 0d  // NFTA_SET_KEY_TYPE 13
      08 00 05 00 00 00 00 02  // NFTA_SET_KEY_LEN 2
      08 00 06 00 00 00 00 08  // NFTA_SET_DATA_TYPE 8
      08 00 07 00 00 00 00 10  // NFTA_SET_DATA_LEN 16
      08 00 0a 00 00 00 00 08  // NFTA_SET_ID 8
      16 00 0d 00 00 04 02 00 00 00 01 04 02 00 00 00 06 04 00 00 00 00 00 00  // NFTA_SET_USERDATA

    70 00 00 00  // nlmsg_len 112
    09 0a  // nlmsg_type NFT_MSG_NEWSET
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_TABLE "t"
      0b 00 02 00 72 65 6d 61 72 6b 00 00  // NFTA_SET_NAME "remark"
      08 00 03 00 00 00 00 08  // NFTA_SET_FLAGS 8
      08 00 04 00 00 00 00 13  // NFTA_SET_KEY_TYPE 19
      08 00 05 00 00 00 00 04  // NFTA_SET_KEY_LEN 4
      08 00 06 00 00 00 00 13  // NFTA_SET_DATA_TYPE 19
      08 00 07 00 00 00 00 04  // NFTA_SET_DATA_LEN 4
      08 00 0a 00 00 00 00 09  // NFTA_SET_ID 9
      16 00 0d 00 00 04 01 00 00 00 01 04 01 00 00 00 06 04 00 00 00 00 00 00  // NFTA_SET_USERDATA

    70 00 00 00  // nlmsg_len 112
    09 0a  // nlmsg_type NFT_MSG_NEWSET
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_TABLE "t"
      0a 00 02 00 6a 75 6d 70 73 00 00 00  // NFTA_SET_NAME "jumps"
      08 00 03 00 00 00 00 08  // NFTA_SET_FLAGS 8
      08 00 04 00 00 00 00 29  // NFTA_SET_KEY_TYPE 41
      08 00 05 00 00 00 00 10  // NFTA_SET_KEY_LEN 16
      08 00 06 00 ff ff ff 00  // NFTA_SET_DATA_TYPE 4294967040
      08 00 07 00 00 00 00 00  // NFTA_SET_DATA_LEN 0
      08 00 0a 00 00 00 00 0a  // NFTA_SET_ID 10
      16 00 0d 00 00 04 01 00 00 00 01 04 00 00 00 00 06 04 00 00 00 00 00 00  // NFTA_SET_USERDATA

    5c 00 00 00  // nlmsg_len 92
    0c 0a  // nlmsg_type NFT_MSG_NEWSETELEM
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "t"
      0a 00 02 00 70 6f 72 74 73 00 00 00  // NFTA_SET_ELEM_LIST_SET "ports"
      08 00 04 00 00 00 00 01  // NFTA_SET_ELEM_LIST_SET_ID 1
      2c 00 03 80  // NFTA_SET_ELEM_LIST_ELEMENTS
        10 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 80  // NFTA_SET_ELEM_KEY
            06 00 01 00 00 16 00 00  // NFTA_DATA_VALUE 22
        18 00 02 80  // NFTA_LIST_ELEM
          08 00 03 00 00 00 00 01  // NFTA_SET_ELEM_FLAGS 1
          0c 00 01 80  // NFTA_SET_ELEM_KEY
            06 00 01 00 00 17 00 00  // NFTA_DATA_VALUE 23

    68 00 00 00  // nlmsg_len 104
    0c 0a  // nlmsg_type NFT_MSG_NEWSETELEM
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "t"
      0a 00 02 00 70 6f 72 74 73 00 00 00  // NFTA_SET_ELEM_LIST_SET "ports"
      08 00 04 00 00 00 00 01  // NFTA_SET_ELEM_LIST_SET_ID 1
      38 00 03 80  // NFTA_SET_ELEM_LIST_ELEMENTS
        1c 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 80  // NFTA_SET_ELEM_KEY
            06 00 01 00 00 50 00 00  // NFTA_DATA_VALUE 80
          0a 00 06 00 00 04 77 65 62 00 00 00  // NFTA_SET_ELEM_USERDATA
        18 00 02 80  // NFTA_LIST_ELEM
          08 00 03 00 00 00 00 01  // NFTA_SET_ELEM_FLAGS 1
          0c 00 01 80  // NFTA_SET_ELEM_KEY
            06 00 01 00 00 5b 00 00  // NFTA_DATA_VALUE 91

    58 00 00 00  // nlmsg_len 88
    0c 0a  // nlmsg_type NFT_MSG_NEWSETELEM
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "t"
      0a 00 02 00 70 61 69 72 73 00 00 00  // NFTA_SET_ELEM_LIST_SET "pairs"
      08 00 04 00 00 00 00 03  // NFTA_SET_ELEM_LIST_SET_ID 3
      28 00 03 80  // NFTA_SET_ELEM_LIST_ELEMENTS
        24 00 01 80  // NFTA_LIST_ELEM
          10 00 01 80  // NFTA_SET_ELEM_KEY
            0c 00 01 00 0a 00 00 00 00 50 00 00  // NFTA_DATA_VALUE 720575940384522240
          10 00 0a 80  // NFTA_SET_ELEM_KEY_END
            0c 00 01 00 0a ff ff ff 00 5a 00 00  // NFTA_DATA_VALUE 792633530128138240

    74 00 00 00  // nlmsg_len 116
    0c 0a  // nlmsg_type NFT_MSG_NEWSETELEM
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "t"
      0a 00 02 00 6e 65 74 73 36 00 00 00  // NFTA_SET_ELEM_LIST_SET "nets6"
      08 00 04 00 00 00 00 04  // NFTA_SET_ELEM_LIST_SET_ID 4
      44 00 03 80  // NFTA_SET_ELEM_LIST_ELEMENTS
        1c 00 01 80  // NFTA_LIST_ELEM
          18 00 01 80  // NFTA_SET_ELEM_KEY
            14 00 01 00 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 00  // NFTA_DATA_VALUE
        24 00 02 80  // NFTA_LIST_ELEM
          08 00 03 00 00 00 00 01  // NFTA_SET_ELEM_FLAGS 1
          18 00 01 80  // NFTA_SET_ELEM_KEY
            14 00 01 00 20 01 0d b9 00 00 00 00 00 00 00 00 00 00 00 00  // NFTA_DATA_VALUE

    4c 00 00 00  // nlmsg_len 76
    0c 0a  // nlmsg_type NFT_MSG_NEWSETELEM
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "t"
      0d 00 02 00 73 65 72 76 69 63 65 73 00 00 00 00  // NFTA_SET_ELEM_LIST_SET "services"
      08 00 04 00 00 00 00 05  // NFTA_SET_ELEM_LIST_SET_ID 5
      18 00 03 80  // NFTA_SET_ELEM_LIST_ELEMENTS
        14 00 01 80  // NFTA_LIST_ELEM
          10 00 01 80  // NFTA_SET_ELEM_KEY
            0c 00 01 00 06 00 00 00 00 50 00 00  // NFTA_DATA_VALUE 432345564232810496

    44 00 00 00  // nlmsg_len 68
    0c 0a  // nlmsg_type NFT_MSG_NEWSETELEM
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "t"
      0a 00 02 00 6d 61 72 6b 73 00 00 00  // NFTA_SET_ELEM_LIST_SET "marks"
      08 00 04 00 00 00 00 06  // NFTA_SET_ELEM_LIST_SET_ID 6
      14 00 03 80  // NFTA_SET_ELEM_LIST_ELEMENTS
        10 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 80  // NFTA_SET_ELEM_KEY
            08 00 01 00 01 00 00 00  // NFTA_DATA_VALUE 16777216

    68 00 00 00  // nlmsg_len 104
    0c 0a  // nlmsg_type NFT_MSG_NEWSETELEM
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "t"
      0e 00 02 00 70 75 62 6c 69 73 68 65 64 00 00 00  // NFTA_SET_ELEM_LIST_SET "published"
      08 00 04 00 00 00 00 07  // NFTA_SET_ELEM_LIST_SET_ID 7
      34 00 03 80  // NFTA_SET_ELEM_LIST_ELEMENTS
        30 00 01 80  // NFTA_LIST_ELEM
          10 00 01 80  // NFTA_SET_ELEM_KEY
            0c 00 01 00 06 00 00 00 1f 90 00 00  // NFTA_DATA_VALUE 432345564757098496
          10 00 02 80  // NFTA_SET_ELEM_DATA
            0c 00 01 00 0a 40 01 05 00 50 00 00  // NFTA_DATA_VALUE 738591459880468480
          0a 00 06 00 00 04 77 65 62 00 00 00  // NFTA_SET_ELEM_USERDATA

    60 00 00 00  // nlmsg_len 96
    0c 0a  // nlmsg_type NFT_MSG_NEWSETELEM
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "t"
      0f 00 02 00 70 75 62 6c 69 73 68 65 64 36 00 00  // NFTA_SET_ELEM_LIST_SET "published6"
      08 00 04 00 00 00 00 08  // NFTA_SET_ELEM_LIST_SET_ID 8
      2c 00 03 80  // NFTA_SET_ELEM_LIST_ELEMENTS
        28 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 80  // NFTA_SET_ELEM_KEY
            06 00 01 00 1f 90 00 00  // NFTA_DATA_VALUE 8080
          18 00 02 80  // NFTA_SET_ELEM_DATA
            14 00 01 00 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 05  // NFTA_DATA_VALUE

    50 00 00 00  // nlmsg_len 80
    0c 0a  // nlmsg_type NFT_MSG_NEWSETELEM
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "t"
      0b 00 02 00 72 65 6d 61 72 6b 00 00  // NFTA_SET_ELEM_LIST_SET "remark"
      08 00 04 00 00 00 00 09  // NFTA_SET_ELEM_LIST_SET_ID 9
      20 00 03 80  // NFTA_SET_ELEM_LIST_ELEMENTS
        1c 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 80  // NFTA_SET_ELEM_KEY
            08 00 01 00 01 00 00 00  // NFTA_DATA_VALUE 16777216
          0c 00 02 80  // NFTA_SET_ELEM_DATA
            08 00 01 00 02 00 00 00  // NFTA_DATA_VALUE 33554432

    f4 00 00 00  // nlmsg_len 244
    0c 0a  // nlmsg_type NFT_MSG_NEWSETELEM
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "t"
      0a 00 02 00 6a 75 6d 70 73 00 00 00  // NFTA_SET_ELEM_LIST_SET "jumps"
      08 00 04 00 00 00 00 0a  // NFTA_SET_ELEM_LIST_SET_ID 10
      c4 00 03 80  // NFTA_SET_ELEM_LIST_ELEMENTS
        34 00 01 80  // NFTA_LIST_ELEM
          18 00 01 80  // NFTA_SET_ELEM_KEY
            14 00 01 00 62 72 30 00 00 00 00 00 00 00 00 00 00 00 00 00  // NFTA_DATA_VALUE
          18 00 02 80  // NFTA_SET_ELEM_DATA
            14 00 02 80  // NFTA_DATA_VERDICT
              08 00 01 00 ff ff ff fd  // NFTA_VERDICT_CODE 4294967293
              06 00 02 00 63 00 00 00  // NFTA_VERDICT_CHAIN "c"
        34 00 02 80  // NFTA_LIST_ELEM
          18 00 01 80  // NFTA_SET_ELEM_KEY
            14 00 01 00 62 72 31 00 00 00 00 00 00 00 00 00 00 00 00 00  // NFTA_DATA_VALUE
          18 00 02 80  // NFTA_SET_ELEM_DATA
            14 00 02 80  // NFTA_DATA_VERDICT
              08 00 01 00 ff ff ff fc  // NFTA_VERDICT_CODE 4294967292
              06 00 02 00 63 00 00 00  // NFTA_VERDICT_CHAIN "c"
        2c 00 03 80  // NFTA_LIST_ELEM
          18 00 01 80  // NFTA_SET_ELEM_KEY
            14 00 01 00 62 72 32 00 00 00 00 00 00 00 00 00 00 00 00 00  // NFTA_DATA_VALUE
          10 00 02 80  // NFTA_SET_ELEM_DATA
            0c 00 02 80  // NFTA_DATA_VERDICT
              08 00 01 00 ff ff ff fb  // NFTA_VERDICT_CODE 4294967291
        2c 00 04 80  // NFTA_LIST_ELEM
          18 00 01 80  // NFTA_SET_ELEM_KEY
            14 00 01 00 62 72 33 00 00 00 00 00 00 00 00 00 00 00 00 00  // NFTA_DATA_VALUE
          10 00 02 80  // NFTA_SET_ELEM_DATA
            0c 00 02 80  // NFTA_DATA_VERDICT
              08 00 01 00 ff ff ff ff  // NFTA_VERDICT_CODE 4294967295
    """
}
