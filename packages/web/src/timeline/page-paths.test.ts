import { expect, test } from 'vitest'

import { pageOfApiPath } from './page-paths.ts'

test('a report of the API has a page of the app, and nothing else of it has', () => {
  expect(pageOfApiPath('/api/reports/file_7-a')).toBe('/reports/file_7-a')
  for (const path of ['/api/reports/', '/api/reports/a/b', '/api/files/a', '/reports/a', '/api/me'])
    expect(pageOfApiPath(path)).toBeNull()
})
