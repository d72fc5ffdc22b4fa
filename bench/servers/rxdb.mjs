// RxDB's server over its memory storage: node server.mjs <port>.
import { createRxDatabase } from 'rxdb/plugins/core'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { RxServerAdapterExpress } from 'rxdb-server/plugins/adapter-express'
import { createRxServer } from 'rxdb-server/plugins/server'

const database = await createRxDatabase({ name: 'bench', storage: getRxStorageMemory() })
const { rows } = await database.addCollections({
  rows: {
    schema: {
      version: 0, primaryKey: 'id', type: 'object', required: ['id'],
      properties: { id: { type: 'string', maxLength: 40 }, body: { type: 'object', additionalProperties: true } },
    },
  },
})
const server = await createRxServer({
  database, adapter: RxServerAdapterExpress, port: Number(process.argv[2]), hostname: '127.0.0.1',
  authHandler: () => ({ data: {}, validUntil: Date.now() + 1e9 }),
})
server.addReplicationEndpoint({ name: 'rows', collection: rows })
await server.start()
