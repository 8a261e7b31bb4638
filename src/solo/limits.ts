/** Every bound of the solo node. Those that CometBFT has, too, have its default or what our config.toml says. */

/** Transactions that wait for a block (`mempool.size`). */
export const MEMPOOL_TXS = 50_000
/** Their bytes together (`mempool.max_txs_bytes`). */
export const MEMPOOL_BYTES = 128 * 1024 * 1024
/** Hashes of transactions that are remembered (`mempool.cache_size`). */
export const MEMPOOL_CACHE = 100_000
/** Bytes of one transaction (`mempool.max_tx_bytes`). */
export const MAX_TX_BYTES = 1_048_576

/** Bytes of a request's body and of a WebSocket message (`rpc.max_body_bytes`). */
export const MAX_BODY_BYTES = 1_000_000
/** Requests in one batch (`rpc.max_request_batch_size`). */
export const MAX_BATCH = 10
/** Levels of nesting in JSON that is read: what works on it may recurse. Go's decoder follows 10,000. */
export const MAX_JSON_DEPTH = 1_000
/** Open connections, HTTP and WebSocket together (`rpc.max_open_connections`). */
export const MAX_CONNECTIONS = 900
/** Bytes of a request's headers, its URL included (`rpc.max_header_bytes` is 1 MiB; nobody needs it). */
export const MAX_HEADER_BYTES = 64 * 1024
/** How long a client may take to send a request. */
export const CLIENT_TIMEOUT_MS = 10_000

/** Clients that are subscribed to something at once (`rpc.max_subscription_clients`). */
export const MAX_SUBSCRIPTION_CLIENTS = 100
/** Queries one client is subscribed to (`rpc.max_subscriptions_per_client`). */
export const MAX_SUBSCRIPTIONS_PER_CLIENT = 5
/** Events that wait for a slow subscriber, which then loses its place (`experimental_subscription_buffer_size`). */
export const SUBSCRIPTION_BUFFER = 200
/** Bytes of such events: CometBFT counts events only, and a block is up to 4 MiB. */
export const SUBSCRIPTION_BYTES = 32 * 1024 * 1024
/** Answers that wait for a client that does not read; above, nothing more is read from it. */
export const MAX_UNSENT_ANSWERS = 100
/** Bytes of such answers: a single one may hold a whole block. */
export const MAX_UNSENT_BYTES = 8 * 1024 * 1024
/** Bytes of bodies and answers that all HTTP connections hold together; above, callers are told to come again. */
export const MAX_HTTP_BYTES = 256 * 1024 * 1024
/** Requests of one WebSocket that wait for the one before them; above, nothing more is read from it. */
export const MAX_WAITING_REQUESTS = 100
/** A WebSocket is closed when nothing, not even a pong, came for so long. */
export const WEBSOCKET_IDLE_MS = 30_000
/** Pings go out a little more often. */
export const WEBSOCKET_PING_MS = 27_000

/** Bytes of a query (`maxQueryLength`), of every method that takes one. */
export const MAX_QUERY_LENGTH = 512
/** Entries of the index that one search may look at: it runs where blocks are made. */
export const MAX_SEARCH_ENTRIES = 200_000

/** How long `broadcast_tx_commit` waits for a block (`rpc.timeout_broadcast_tx_commit`). */
export const BROADCAST_COMMIT_MS = 10_000

/** A genesis file is read as a whole; a larger one needs CometBFT. */
export const MAX_GENESIS_BYTES = 256 * 1024 * 1024
/** Bytes of a piece of `genesis_chunked`. */
export const GENESIS_CHUNK_BYTES = 16 * 1024 * 1024

/** Snapshots of `dev_snapshot` that are kept; each costs as much disk as the state. */
export const MAX_DEV_SNAPSHOTS = 64
/** Blocks one `dev_mine` makes at most. */
export const MAX_DEV_BLOCKS = 1_000
/** Seconds one `dev_increase_time` moves the clock at most: a hundred years. */
export const MAX_DEV_SECONDS = 100 * 365 * 86_400
