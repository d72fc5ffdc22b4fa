// What the build provides.
/// <reference types="vite/client" />
declare module 'virtual:catalog/*' {
  const messages: Record<string, string>
  export default messages
}
declare const __PRECACHE__: (string | { url: string; revision: string })[]
