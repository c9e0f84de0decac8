/** Where an event has got to; computed from cursors, never stored. */
export type DeliveryState = 'committed' | 'sent' | 'acknowledged' | 'waiting' | 'superseded'

export type DeliveryCounts = Record<DeliveryState, number>

/** Events in (`after`, `through`] that a snapshot stood for. */
export interface Jump {
  after: number
  through: number
}

/** How far one device has got with a stream. */
export interface Reached {
  isPresent: boolean
  sent: number
  acknowledged: number
  /** What a snapshot that it acknowledged passed over. */
  jump: Jump | undefined
}

/** The further an event has got, the higher. */
const ORDER: readonly DeliveryState[] = [
  'waiting',
  'committed',
  'sent',
  'superseded',
  'acknowledged',
]

/**
 * Events 1 to `head` by the state that their most advanced device gives them. `waiting`: nobody is
 * there who has it or will be sent it; `committed`: somebody is, and it is on its way; `superseded`:
 * a snapshot stood for it.
 */
export function countStates(head: number, devices: readonly Reached[]): DeliveryCounts {
  const counts = { committed: 0, sent: 0, acknowledged: 0, waiting: 0, superseded: 0 }
  const ends = devices.flatMap(({ sent, acknowledged, jump }) => [
    sent,
    acknowledged,
    ...(jump ? [jump.after, jump.through] : []),
  ])
  const bounds = [...new Set([...ends.filter((seq) => seq > 0 && seq < head), head])]
  let from = 0
  for (const to of bounds.toSorted((a, b) => a - b)) {
    const best = Math.max(0, ...devices.map((device) => ORDER.indexOf(stateOf(to, device))))
    counts[ORDER[best] ?? 'waiting'] += to - from
    from = to
  }
  return counts
}

function stateOf(seq: number, { isPresent, sent, acknowledged, jump }: Reached): DeliveryState {
  if (seq <= acknowledged) {
    return jump && seq > jump.after && seq <= jump.through ? 'superseded' : 'acknowledged'
  }
  if (seq <= sent) return 'sent'
  return isPresent ? 'committed' : 'waiting'
}
