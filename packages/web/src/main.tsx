import './theme.css'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { ApiError } from './live/api.ts'
import { createAppRouter } from './routes.tsx'

const mayHelp = (failures: number, error: unknown): boolean =>
  failures < 2 && (!(error instanceof ApiError) || error.status >= 500)

const client = new QueryClient({
  defaultOptions: { queries: { retry: mayHelp, staleTime: 30_000 } },
})
const router = createAppRouter()
const place = document.querySelector('#root')

if (place) {
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  )
}
