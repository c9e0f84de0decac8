import { createServer } from 'node:http'

const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1', () => {
  process.stdout.write(`bare is ready at http://127.0.0.1:${server.address().port}\n`)
})
