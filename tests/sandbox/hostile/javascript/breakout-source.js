// Closes the brackets that a wrapper might have opened around it.
// expect: LOAD_ERROR code-load

});
})();
process.exit(0);
(function () {
  ({
