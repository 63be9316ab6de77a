# A community as Sonoran CMS would have it, for the guide's move from there.
muster community create lspd --name 'Harbour Police' --uuid 98ebe9d4-73c6-4d60-8ba8-76385b717db7 --dialects sonoran
muster department create Police --id 97c7d825-fead-4cb3-b6a8-78c0199e140e
muster rank create Officer --id 4298c76d-a1ee-46dc-b33c-8daf2e2280dd --department Police --power 20
muster rank create 'Sergeant, first class' --id 8e0308fa-32a2-4a39-812f-f37038b8ab8f --department Police --power 40
muster field create --id d9d1288e-3892-40d6-acc5-be2c3d294bd4 --label Certifications --type text_list
muster field create --id discord --label 'Discord ID' --type identity --provider discord
muster field create --id ab740072-5f1b-4219-81e8-191f009554b4 --label 'Call sign'
muster field create --id 767a4170-ba49-4a0c-90fe-7426f09b53ba --label Shift --type choice --options Morning,Evening
muster account create robin --id 3b722a62-51d2-4df2-be7b-79e548f69a42 --number 1001 --name "Robin O'Neill" \
  --rank Officer --rank 8e0308fa-32a2-4a39-812f-f37038b8ab8f --identity discord=111122223333444455 --identity api=SOME_API_ID \
  --identity steam=110000112345678 --value 'd9d1288e-3892-40d6-acc5-be2c3d294bd4=["first aid","diver"]' --value 'ab740072-5f1b-4219-81e8-191f009554b4=4-A-12'
muster account create 'second one' --id 0d5b4b3b-b13d-4cad-b27d-1b1ce5a2489e --number 7 --custom-number --value 767a4170-ba49-4a0c-90fe-7426f09b53ba=Evening
muster account create outcast --id 5176c13a-e37b-451d-82e0-ade2cb9d410a --number 1002 --rank Officer
muster account ban outcast 'Sold the fire engine'
muster key create --id original --level 8 --secret the-key-that-sonoran-gave-you
