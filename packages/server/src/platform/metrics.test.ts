import { expect, test } from 'vitest'

import { createMetrics } from './metrics.ts'

test('what was counted, set and observed is in the text', async () => {
  const metrics = createMetrics()
  const closes = metrics.counter('netra_test_closes_total', 'Sockets closed.', ['code'])
  closes.add({ code: '4004' })
  closes.add({ code: '4001' }, 2)
  metrics.gauge('netra_test_open', 'Open sockets.', { read: () => 7 })
  metrics.gauge('netra_test_level', 'A level.').set(3)
  metrics.histogram('netra_test_lag_ms', 'Lag.', [1, 10]).observe(5)
  const text = await metrics.text()
  expect(await closes.total()).toBe(3)
  expect(text).toContain('netra_test_closes_total{code="4004"} 1')
  expect(text).toContain('netra_test_open 7')
  expect(text).toContain('netra_test_level 3')
  expect(text).toContain('netra_test_lag_ms_bucket{le="10"} 1')
})

test('two servers in one process count apart', async () => {
  createMetrics().counter('netra_test_total', 'One.').add()
  expect(await createMetrics().counter('netra_test_total', 'Two.').total()).toBe(0)
})
