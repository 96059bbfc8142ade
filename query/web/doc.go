// Package web is the pages people read, and their JSON twins for programs.
//
// # What a page is
//
// A page is three things: a file page_NAME.go with a function from the request
// to a view, a template templates/NAME.html that shows the view's Data, and a
// line in routes.go. The function knows nothing of HTML, the template nothing
// of engines, and there is one way to fail: return the error.
//
// Every page has its address with the whole question in it, so it can be sent
// to a colleague; the same address with .json gives the same data, and pages
// with a table give it as .csv and .xlsx, all rows, in the columns shown.
//
// # What it promises
//
//   - No request leaves for another host, no script or style stands in the
//     page: the Content-Security-Policy allows this server only.
//   - Every page works without JavaScript, with forms and links. static/app.js
//     adds Ctrl-Enter, the curve and the print button.
//   - What was received is shown as received. Digits of telephone and identity
//     numbers are covered in display (Mask) and untouched in the store.
//   - Red, orange, yellow and blue mean levels of urgency and nothing else.
//   - A form that changes something is refused when another site sent it.
//
// # Errors
//
// *item.Problem is the reader's error (400): its words are shown. What an
// engine returns is ours (503): the reader is told which part is down and what
// still works, the log has the cause. JSON twins answer
// {"error":{"reason":…,"hint":…}} with the same status.
//
// # To add a page
//
// Write the three things above; the tests walk routes.go, so an address
// without a twin, an input without a label or a link to nowhere fails there.
// A page that only rearranges what another shows should be a parameter of that
// page instead.
package web
