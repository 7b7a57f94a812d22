// Package browser tests what a person sees: the gateway's page in Chromium, with
// the gateway, the manager under the RBAC that is shipped, the simulator of
// Flinks and a real API server behind it.
//
// Pictures of every state of the page go to screenshots/, which is not in git.
package browser
