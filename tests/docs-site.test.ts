import { expect, test } from 'vitest'

import { buildSite, siteProblems } from '../scripts/docs.ts'

test('the documentation is built, every link in it leads somewhere, every page stands in its navigation', async () => {
  await buildSite()
  expect(await siteProblems()).toEqual([])
}, 120_000)
