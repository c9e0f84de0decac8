// Loaded before a server's own code: writes each route that it makes into a file.
import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'

const file = process.env.ROUTES_FILE

subscribe('fastify.initialization', ({ fastify }) => {
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) appendFileSync(file, `${one} ${url}\n`)
  })
})
