import { get, post, put, remove, type OwnedRow, type Row, type Thing } from './row.ts'
import type { Stage } from './stage-shape.ts'
import { newFile } from './things.ts'

let minutes = 0

/** A call of a model in a minute of its own, which is the mark of whose it is. */
const call = (at: string) =>
  post('/v1/traces', {
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                startTimeUnixNano: `${Date.parse(at)}000000`,
                endTimeUnixNano: `${Date.parse(at) + 5}000000`,
                attributes: [{ key: 'gen_ai.request.model', value: { stringValue: 'gpt-4o' } }],
              },
            ],
          },
        ],
      },
    ],
  })

/** Each is later than those before it. */
function nextMinute(): string {
  minutes += 1
  return new Date(Date.UTC(2091, 0, 1) + minutes * 60_000).toISOString()
}

async function newCall(stage: Stage): Promise<Thing> {
  const at = nextMinute()
  await stage.made(stage.ada, call(at))
  return { marker: at.slice(0, 16), at }
}

const kept = () => get('/api/workload/spans')

const aFile = (row: Pick<OwnedRow, 'ask'>): OwnedRow => ({ make: newFile, names: ['file'], ...row })
const pathOf = (thing: Thing): string => `/api/files/${thing['file']}/workload`

export const WORKLOAD_ROWS: Record<string, Row> = {
  'GET /api/files/:id/workload': aFile({ ask: (thing) => get(pathOf(thing)) }),
  'PUT /api/files/:id/workload': aFile({ ask: (thing) => put(pathOf(thing), { mapping: null }) }),
  'POST /v1/traces': {
    make: newCall,
    ask: ({ at = '' }) => call(at),
    shownBy: kept,
    everybodysOwn: 'calls of their own',
  },
  'GET /api/workload/spans': {
    make: newCall,
    ask: kept,
    everybodysOwn: 'what is kept of their own calls',
  },
  'DELETE /api/workload/spans': {
    make: newCall,
    once: true,
    ask: () => remove('/api/workload/spans'),
    shownBy: kept,
    everybodysOwn: 'their own calls',
  },
  'POST /api/workload/snapshots': {
    make: async (stage) => {
      const { at = '' } = await newCall(stage)
      return { marker: `from ${at.slice(0, 16).replace('T', ' ').replace(':', '.')}`, at }
    },
    ask: ({ at }) => post('/api/workload/snapshots', { source: 'otlp', from: at }),
    everybodysOwn: 'a file of their own calls, or word that there are none',
  },
}
