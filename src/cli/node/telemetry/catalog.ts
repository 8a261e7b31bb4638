import type { MetricFamily, Sample } from '#lib/metrics.ts'

type Definition = readonly [type: MetricFamily['type'], labels: string, help: string]

/** Every metric of the application: type, labels, what it says. Names are an interface: append, never change. */
export const CATALOG = {
  wadi_build_info: ['gauge', 'version, protocol, node', 'Always 1; the labels say which program runs.'],
  wadi_healthy: ['gauge', '', '1 when /health answers 200, else 0.'],
  wadi_abci_connections: ['gauge', '', 'Connections of CometBFT; 4 when all is well, 0 when it is away.'],
  wadi_height: ['gauge', '', 'Last committed height.'],
  wadi_block_time_seconds: ['gauge', '', 'Time of the last block committed since the start, as Unix time.'],
  wadi_block_phase_seconds: [
    'histogram',
    'phase',
    'Time in PrepareProposal (prepare), ProcessProposal (process), FinalizeBlock (finalize) and Commit (commit).',
  ],
  wadi_proposals_refused_total: [
    'counter',
    '',
    'Proposals of other validators that this node voted against.',
  ],
  wadi_txs_total: [
    'counter',
    'outcome, codespace',
    'Transactions of committed blocks: ok, or failed with an error of the codespace.',
  ],
  wadi_gas_used_total: ['counter', '', 'Gas used by transactions of committed blocks.'],
  wadi_check_txs_total: [
    'counter',
    'kind, outcome',
    'CheckTx calls for new transactions (new) and after a block for those that wait (recheck): ok or refused.',
  ],
  wadi_check_tx_seconds_total: ['counter', 'kind', 'Time in CheckTx.'],
  wadi_signature_cache_hits_total: ['counter', '', 'Signatures whose verdict was known.'],
  wadi_signature_cache_misses_total: ['counter', '', 'Signatures whose verdict was not known.'],
  wadi_signatures_verified_total: ['counter', '', 'Signatures that were verified.'],
  wadi_signature_cache_entries: ['gauge', '', 'Verdicts that are remembered.'],
  wadi_signature_cache_capacity_entries: ['gauge', '', 'Verdicts that there is room for.'],
  wadi_tree_nodes: ['gauge', '', 'Nodes of the state trees in use, all readable versions together.'],
  wadi_tree_node_bytes: ['gauge', '', 'Memory of these nodes.'],
  wadi_tree_data_bytes: ['gauge', '', 'Memory of the keys and values beside the nodes.'],
  wadi_tree_reserved_bytes: ['gauge', '', 'Shared memory taken from the system for the state.'],
  wadi_tree_superseded_bytes: ['gauge', '', 'What recent versions replaced and older ones still need.'],
  wadi_versions_readable: ['gauge', '', 'Versions that queries may read.'],
  wadi_version_pins: ['gauge', '', 'Versions held by queries and snapshots at this moment.'],
  wadi_log_bytes_total: ['counter', '', 'Bytes appended to the change-set log.'],
  wadi_log_sync_seconds: [
    'histogram',
    '',
    'Time of an fsync of the change-set log; one at least for each block.',
  ],
  wadi_snapshot_height: ['gauge', '', 'Height of the newest snapshot; 0 without one.'],
  wadi_snapshot_seconds: ['gauge', '', 'How long the last snapshot since the start took; 0 without one.'],
  wadi_snapshots_total: ['counter', 'outcome', 'Snapshots since the start: ok or failed.'],
  wadi_query_seconds: [
    'histogram',
    'class',
    'Time to answer a query in the query worker, by service; store, app and p2p are the paths of abci_query.',
  ],
  wadi_query_failures_total: ['counter', 'class', 'Queries answered with an error.'],
  wadi_queries_waiting: ['gauge', '', 'Queries of CometBFT that the query worker has not answered.'],
  wadi_queries_waiting_bytes: ['gauge', '', 'Bytes of these queries.'],
  wadi_queries_refused_total: [
    'counter',
    'reason',
    'Queries of CometBFT without an answer: too many waited (busy), no worker (unavailable), too slow (timeout).',
  ],
  wadi_query_worker_up: ['gauge', '', '1 when the query worker serves, else 0.'],
  wadi_query_worker_restarts_total: ['counter', '', 'Times that the query worker was started anew.'],
  wadi_gc_pause_seconds: ['histogram', 'kind', 'Pauses of the main thread for garbage collection.'],
  wadi_event_loop_lag_seconds: [
    'gauge',
    'quantile',
    'How late the main thread came to a timer, since the last scrape; blocks are executed on it.',
  ],
  wadi_cpu_seconds_total: ['counter', 'mode', 'Processor time of the process, all threads.'],
  wadi_resident_memory_bytes: ['gauge', '', 'Memory of the process.'],
  wadi_heap_bytes: ['gauge', '', "Used part of the main thread's heap."],
  wadi_open_files: ['gauge', '', 'Open files and sockets of the process; Linux only.'],
  wadi_start_time_seconds: ['gauge', '', 'When the process started, as Unix time.'],
} as const satisfies Readonly<Record<string, Definition>>

export type MetricName = keyof typeof CATALOG

/** What there is to say at one moment; a name without samples is left out. */
export type Reading = Readonly<Partial<Record<MetricName, number | readonly Sample[]>>>

/** Readings with what the catalog says of them, in its order. */
export function familiesOf(...readings: readonly Reading[]): MetricFamily[] {
  const all: Reading = Object.assign({}, ...readings)
  return (Object.entries(CATALOG) as [MetricName, Definition][]).flatMap(([name, [type, , help]]) => {
    const reading = all[name]
    if (reading === undefined) return []
    return [{ name, type, help, samples: typeof reading === 'number' ? [{ value: reading }] : reading }]
  })
}
