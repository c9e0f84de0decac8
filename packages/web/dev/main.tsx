import '../src/theme.css'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createMemoryHistory, RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'

import { createAppRouter } from '../src/routes.tsx'
import { fixtureLive } from './fixture-live.ts'
import { STORIES } from './stories.ts'

const query = new URLSearchParams(location.search)
const story = STORIES[query.get('story') ?? 'finished'] ?? {}
const theme = query.get('theme')
if (theme) document.documentElement.dataset['theme'] = theme

const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
const live = fixtureLive(story)
client.setQueryData(['live'], live)
client.setQueryData(['config'], await live.api.config())
const router = createAppRouter(createMemoryHistory({ initialEntries: [story.path ?? '/t/t1'] }))
const place = document.querySelector('#root')
if (place) {
  createRoot(place).render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
}
