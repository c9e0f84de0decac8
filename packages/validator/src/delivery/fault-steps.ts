import type { Random } from '../faults/random.ts'
import type { Direction, Disturbances } from '../faults/tcp-proxy.ts'
import type { Step } from './step.ts'

type Unplaced<Any> = Any extends Step ? Omit<Any, 'atMs'> : never
/** A step without its moment; `device` draws one of the devices. */
export type Maker = (random: Random, device: () => number) => Unplaced<Step>

const anyDirection = (random: Random): Direction => random.pick(['up', 'down'])

/** One fault each, with its particulars drawn anew. */
export const FAULTS: Record<string, Maker> = {
  cut: (random, device) => ({
    does: 'end',
    device: device(),
    how: 'cut',
    direction: anyDirection(random),
    afterBytes: random.between(0, 4_000),
  }),
  reset: (random, device) => ({
    does: 'end',
    device: device(),
    how: 'reset',
    direction: anyDirection(random),
    afterBytes: random.between(0, 4_000),
  }),
  stall: (random, device) => ({
    does: 'disturb',
    device: device(),
    disturbances: { down: { blocked: true }, ...(random.chance(0.5) && { up: { blocked: true } }) },
    forMs: random.between(100, 1_500),
    thenReset: false,
  }),
  'black hole': (random, device) => ({
    does: 'disturb',
    device: device(),
    disturbances: random.pick<Disturbances>([
      { up: { blocked: true } },
      { down: { blocked: true } },
      { up: { blocked: true }, down: { blocked: true } },
    ]),
    forMs: random.between(500, 2_500),
    thenReset: true,
  }),
  slice: (random, device) => ({
    does: 'disturb',
    device: device(),
    disturbances: { up: { sliceBytes: 1 }, down: { sliceBytes: random.between(1, 7) } },
    forMs: random.between(200, 1_000),
    thenReset: false,
  }),
  latency: (random, device) => ({
    does: 'disturb',
    device: device(),
    disturbances: {
      up: { latencyMs: random.between(0, 200), jitterMs: 100 },
      down: { latencyMs: random.between(0, 300), jitterMs: 200 },
    },
    forMs: random.between(500, 2_000),
    thenReset: false,
  }),
  'narrow line': (random, device) => ({
    does: 'disturb',
    device: device(),
    disturbances: { down: { bytesPerSecond: random.between(2_000, 50_000) } },
    forMs: random.between(500, 2_000),
    thenReset: random.chance(0.3),
  }),
  refusal: (random, device) => ({
    does: 'refuse',
    device: device(),
    forMs: random.between(200, 1_000),
  }),
  offline: (_random, device) => ({ does: 'drop', device: device() }),
  'subscription storm': (random, device) => ({
    does: 'storm',
    device: device(),
    times: random.between(2, 12),
  }),
  'new token': (_random, device) => ({ does: 'renew', device: device() }),
  'ended session': (_random, device) => ({ does: 'revoke', device: device() }),
  'new device': (random) => ({ does: 'join', person: random.between(0, 9) }),
  'no acknowledgement': (_random, device) => ({ does: 'slow', device: device() }),
  kill: (random) => ({ does: 'kill', downMs: random.between(0, 800) }),
  stop: (random) => ({ does: 'pause', forMs: random.between(200, 2_500) }),
}
