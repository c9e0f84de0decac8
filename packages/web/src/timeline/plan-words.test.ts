import { expect, test } from 'vitest'

import { savingOf } from './plan-words.ts'

const change = (id: string, usd: number | null, share: number | null = null) => ({
  id,
  title: id,
  saving_usd: usd,
  saving_text: usd === null ? 'not measurable' : `$${usd.toFixed(2)}`,
  saving_share: share,
})

test('the saving of a plan is that of its largest change, never a sum', () => {
  const changes = [change('batch', 72.2, 0.5), change('move', 138.19, 0.957), change('trim', null)]
  expect(savingOf({ changes, period: '2023-11-16 18:15 to 19:14 UTC' })).toBe(
    'The largest of its 3 changes alone saves $138.19 (95.7 %) for the period of the data, 2023-11-16 18:15 to 19:14 UTC. Savings overlap and must not be added up.',
  )
  expect(savingOf({ changes: [change('move', 5)], period: null })).toBe(
    'It saves $5.00 for the requests of the data.',
  )
})

test('where nothing was measured, nothing is claimed', () => {
  const unknown = 'What it saves is not measurable from the data.'
  expect(savingOf({ changes: [], period: null })).toBe(unknown)
  expect(savingOf({ changes: [change('trim', null)], period: 'a day' })).toBe(unknown)
})
