# Two rows of the table User as FreeSewing's backend keeps them, for the guide's move from there.
cat > users.json <<'EOF'
[{"id":14,"username":"Sorcha",
  "email":"{\"iv\":\"d579f165d6e3669acd0e075cc2e47edf\",\"ct\":\"f3db4a7a6109ace68756340a05d29a23311e6392bd4bff8e5e4df512bcf689f9\"}",
  "initial":"{\"iv\":\"c138675bd37c7e49318264abf3637942\",\"ct\":\"cd925db4b34b21575f495304dba05b996295b0e0f45b21e0ce7eb3bdac91ac42\"}",
  "bio":"{\"iv\":\"ed434473ed2c4b2f3be57fb11d26a6df\",\"ct\":\"2a25824a783a8f989737475a45fb6c30b060956287af37f4e5c8a6c5b98cfae1\"}",
  "data":"{\"iv\":\"9cf528d3add1d7e6e5c11eeab98cd5f7\",\"ct\":\"d203fc529c582ea641e0444de8775d668eac23a04a3a16f3a9127b78a7d00b72\"}",
  "password":"{\"type\":\"v3\",\"hash\":\"0dae58723ce7f0159bc6850e787d9e8dede8d909c2e1051f0dbfe9c4d11b0dc8d8a26434a0c183c37e9c03c12e41965639a2dd57dcc3207ccc6f7fa5e7c75086\",\"salt\":\"63479ad69a090b258277ec8fba6f9941\"}",
  "role":"user",
  "status":1,"consent":2,"control":3,"imperial":0,"newsletter":1,"compare":1,"patron":2,"language":"de"},
{"id":15,"username":"admin",
  "email":"{\"iv\":\"8e1e49cc338ef02971da6df6da034bc9\",\"ct\":\"433ed60dbfd5dc155e4e91fb783ac9fd348ddf97cb06c130a3ddfe20d31d384b\"}",
  "initial":"{\"iv\":\"6af2d664545f563982ab8a6888137aff\",\"ct\":\"44f6bc1669912557a606776fa25e75428924f48b8914e6c057a0aacb117c6a53\"}",
  "bio":"{\"iv\":\"2be7c151bb790f65b3d23f9ce7755bbe\",\"ct\":\"06824f989c30841834ffaa6e2451a2f1\"}",
  "data":"{\"iv\":\"d2571eaa6bc58df779e868c17314bfa8\",\"ct\":\"5539d7ceea8b1b6f4b0a8cff8d73624d\"}",
  "password":"{\"type\":\"v2\",\"data\":\"$2a$04$dwCtmX/jh7czXakRU68Yy.jkRuq0hCwOYBQmmXzQCW8roaHxLJhMK\"}",
  "role":"admin",
  "status":-2,"consent":1,"control":1,"imperial":1,"newsletter":0,"compare":0,"patron":0,"language":"en"}]
EOF
