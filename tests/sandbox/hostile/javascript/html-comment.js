// A module in the clothes of a script: both readings must agree that it has no predict.
// expect: LOAD_ERROR code-function

export const predictions = [1, 2, 3];
